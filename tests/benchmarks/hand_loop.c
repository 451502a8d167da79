/* What a step of `bias` costs when it is written by hand for this model alone: one rating after another, all
   passes in one, no batches. `step_profile.py` compiles it and runs it beside the engine. Rows are factors and then
   the bias; `adagrad` chooses row-wise Adagrad, whose slots hold two numbers a row, or plain steps. */

#include <math.h>

static const float L2 = 0.03f, BIAS_L2 = 0.012f, RATE = 0.01f, TINY = 1e-7f;

double epoch(long ratings, const int *users, const int *items, const float *targets, int factors, int adagrad,
             float *user_table, float *item_table, float *user_slots, float *item_slots)
{
    double total = 0;
    for (long n = 0; n < ratings; n++) {
        float *restrict p = user_table + (long)users[n] * (factors + 1);
        float *restrict q = item_table + (long)items[n] * (factors + 1);
        float score = p[factors] + q[factors];
        for (int f = 0; f < factors; f++)
            score += p[f] * q[f];
        const float error = score - targets[n];
        const float p_bias = error + BIAS_L2 * p[factors], q_bias = error + BIAS_L2 * q[factors];
        float p_rate = RATE, q_rate = RATE, p_bias_rate = RATE, q_bias_rate = RATE;
        total += error * error;
        if (adagrad) {
            float p_square = 0, q_square = 0, *a = user_slots + 2L * users[n], *b = item_slots + 2L * items[n];
            for (int f = 0; f < factors; f++) {
                const float dp = error * q[f] + L2 * p[f], dq = error * p[f] + L2 * q[f];
                p_square += dp * dp;
                q_square += dq * dq;
            }
            a[0] += p_square / factors, b[0] += q_square / factors;
            a[1] += p_bias * p_bias, b[1] += q_bias * q_bias;
            p_rate /= sqrtf(a[0] + TINY), q_rate /= sqrtf(b[0] + TINY);
            p_bias_rate /= sqrtf(a[1] + TINY), q_bias_rate /= sqrtf(b[1] + TINY);
        }
        for (int f = 0; f < factors; f++) {
            const float dp = error * q[f] + L2 * p[f], dq = error * p[f] + L2 * q[f];
            p[f] -= p_rate * dp;
            q[f] -= q_rate * dq;
        }
        p[factors] -= p_bias_rate * p_bias;
        q[factors] -= q_bias_rate * q_bias;
    }
    return total;
}
