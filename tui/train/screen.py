"""The Train screen: choose, start, watch and steer a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from core.engine import Notice
from core.errors import ProtocolError, UsageError
from core.protocol import Failed, Pause, Resume, ResumeRun, SetLearningRate, Stop, Train
from tui.charts import ChartView, ReadsChart
from tui.formats import in_words, rate
from tui.shell import UNCLEAR, BenchScreen, Reading, Stage, Thing
from tui.train._data_field import DataChosen
from tui.train._datasets import Fetched, Fetching, Offer, offered_datasets, start_fetching
from tui.train._fields import FieldRow
from tui.train._live_panel import LivePanel
from tui.train._looking import Looked, start_looking
from tui.train._paths import dropped_path
from tui.train._setup_form import SetupForm

if TYPE_CHECKING:
    from core.data import Look

_RATE_STEP = 1.5


class TrainScreen(ReadsChart, BenchScreen):
    """The form to the left, the training to the right; below 100 columns one makes room for the other."""

    MODE = "train"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Train", id="train.start"),
        Binding("p", "pause", "Pause", id="train.pause"),
        Binding("p", "go_on", "Go on", id="train.go_on"),
        Binding("x", "stop", "Stop", id="train.stop"),
        Binding("plus,equals_sign", "scale(True)", "Rate up", key_display="+", id="train.rate_up"),
        Binding("minus", "scale(False)", "Rate down", key_display="-", id="train.rate_down"),
        Binding("l", "type_rate", "Type rate", id="train.rate"),
        Binding("d", "choose_data", "Data", id="train.data"),
        Binding("v", "only_val", "Val only", id="train.val_only"),
        Binding("left", "read(-1)", "Read an epoch", key_display="← →", id="train.read_back"),
        Binding("right", "read(1)", "Read the next epoch", id="train.read", show=False),
        Binding("z", "smooth", "Smooth", id="train.smooth", show=False),
        Binding("c", "look", "Columns", id="train.columns"),
        Binding("g", "toggle_log", "Log axis", id="train.log_axis", show=False),
        Binding("r", "resume", "Resume run", id="train.resume", show=False),
        Binding("f", "toggle_form", "Form", id="train.form"),
    ]

    _keys_for: object = None
    _offers: Mapping[str, Offer] = {}

    def compose_body(self) -> ComposeResult:
        """Form and live panel."""
        app = self.tastemap
        with Horizontal(id="body"):
            with Vertical(id="left", classes="-framed"):
                yield SetupForm(self.bench.registry, app.preferences.data, lambda: self.bench.tables.recent)
                yield Static("", id="explanation", markup=False)
            yield LivePanel(app.preferences.data, self.bench.tables.recent)

    def on_mount(self) -> None:
        """Start with the keys at hand, not in a field."""
        self.query_one(ChartView).ascii_only = self.tastemap.ascii_only
        self.query_one("#left").border_title = "Setup"
        self.query_one("#start").focus()
        self.set_interval(1.0, self._tick)

    def redraw(self) -> None:
        """Draw the training as it is now."""
        super().redraw()
        bench = self.bench
        training = bench.training
        self.set_class(training.stage is not Stage.IDLE and not training.replayed, "-live")
        process = None if bench.watched else bench.engine.process_id  # what others take, they tell
        self.query_one(LivePanel).show(training, process, bench.device, bench.ghost)
        keys_for = training.stage, bool(training.epochs), training.has_rate, self.size
        if self._keys_for != keys_for:
            self._keys_for = keys_for
            self.refresh_bindings()

    def _tick(self) -> None:
        """Memory changes without any event."""
        if self.bench.training.active or self.bench.engine.running:
            self.redraw_soon()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that do nothing now."""
        del parameters
        training = self.bench.training
        steered = training.active and not training.told_again
        paused = training.stage is Stage.PAUSED
        readable = bool(training.epochs) and not self.in_field
        acts = {
            "pause": steered and not paused,
            "go_on": steered and paused,
            **dict.fromkeys(("scale", "type_rate"), steered and training.has_rate),
            **dict.fromkeys(("only_val", "read", "smooth"), readable),
            "stop": training.active,
            "start": not training.active,
            "toggle_form": not (self.has_class("-normal") or self.has_class("-wide")),
        }
        return acts.get(action, True)

    @on(SetupForm.Start)
    def action_start(self) -> None:
        """Train what the form says."""
        try:
            command = self.query_one(SetupForm).command()
        except UsageError as error:
            self.notify(
                error.hint or "Look at the field in red.", title=in_words(error.message), severity="error"
            )
            return
        if self.tastemap.train(command):
            self.remove_class("-form")
            self.set_focus(None)
            self.redraw()

    def action_pause(self) -> None:
        """Hold the training."""
        self.bench.send(Pause())

    def action_go_on(self) -> None:
        """Go on after a pause."""
        self.bench.send(Resume())

    def action_stop(self) -> None:
        """Stop; the weights of the last whole epoch are kept, or under early stopping the best ones."""
        self.bench.race.abandon()
        self.bench.send(Stop())

    def action_scale(self, up: bool) -> None:
        """Multiply or divide the learning rate."""
        wanted = self.bench.scale_learning_rate(_RATE_STEP if up else 1 / _RATE_STEP)
        if wanted is not None:
            self._say_rate(wanted)

    def action_type_rate(self) -> None:
        """Ask for a learning rate."""
        from tui.dialogs import PromptScreen

        if self.bench.training.learning_rate is None:
            self.notify("It hasn't begun: set the learning rate when it trains.", timeout=3)
            return
        current = rate(self.bench.training.learning_rate)
        self.app.push_screen(PromptScreen("Learning rate from now on", current, _parse_rate), self._use_rate)

    def _use_rate(self, text: str | None) -> None:
        if text is not None and self.bench.training.active:
            self._say_rate(self.bench.set_learning_rate(_parse_rate(text)))

    def _say_rate(self, wanted: float) -> None:
        self.app.clear_notifications()
        self.notify(f"Learning rate {rate(wanted)}", timeout=1.5)

    def action_choose_data(self) -> None:
        """Pick a data set; the real ones are fetched when training starts."""
        from tui.dialogs import PickScreen

        offers = self._offered()
        if not offers:
            return
        choices = [(offer.name, offer.explanation) for offer in offers]
        heading = "Which ratings? Any file or folder can be dropped here too, or typed into the Data field."
        self.app.push_screen(PickScreen(heading, choices), self._use_data)

    def _offered(self) -> list[Offer]:
        """The data sets on offer; says why where there are none."""
        try:
            offers = offered_datasets(self.bench.registry, self.bench.tables.recent)
        except UsageError as error:
            self.notify(error.hint, title=error.message, severity="error")
            return []
        self._offers = {offer.name: offer for offer in offers}
        return offers

    def _use_data_named(self, name: str) -> None:
        if self._offered() and name in self._offers:
            self._use_data(name)

    def on_paste(self, event: events.Paste) -> None:
        """A file dropped anywhere on the screen is the table."""
        path = dropped_path(event.text)
        if path:
            event.stop()
            self.query_one(SetupForm).choose_data(path)
            self._look(path)

    @on(DataChosen)
    def data_chosen(self, message: DataChosen) -> None:
        """Show the table that was named."""
        if message.data:
            self._look(message.data)

    def action_look(self) -> None:
        """Show the table's columns, and let their roles be chosen."""
        try:
            self._look(self.query_one(SetupForm).data())
        except UsageError as error:
            self.notify(error.hint, title=error.message, severity="error")

    def _look(self, data: str, then_train: bool = False, reading: Reading | None = None) -> None:
        known = self.bench.tables.reading_of(data) if reading is None else reading
        self._explain(f"Looking at {data} …")
        start_looking(self, data, known, self.bench.registry, then_train)

    def heard(self, notice: Notice) -> None:
        """Where a training failed since its table is unclear, show the table."""
        super().heard(notice)
        asked = self.bench.asked
        unclear = isinstance(notice, Failed) and notice.request is None and notice.kind in UNCLEAR
        if unclear and self.is_current and isinstance(asked, Train) and not self.bench.race.active:
            self._look(asked.data, then_train=True)

    @on(Looked)
    def looked(self, message: Looked) -> None:
        """Show the columns or the tables to choose from, or say what is wrong."""
        self._explain(f"{message.problem} {message.hint}".strip(), wrong=not message.known)
        if message.choices:
            self._offer_tables(message)
        elif message.look is not None:
            self._explain("")
            self._offer_columns(message, message.look)

    def _offer_tables(self, message: Looked) -> None:
        from tui.dialogs import PickScreen

        def chosen(name: str | None) -> None:
            if name:
                self._look(message.data, message.then_train, {**message.reading, message.option: name})

        heading = f"{message.data} holds several tables: which one?"
        self.app.push_screen(PickScreen(heading, [(name, "") for name in message.choices]), chosen)

    def _offer_columns(self, message: Looked, seen: Look) -> None:
        from core.data import look
        from tui.train._mapper import MapperScreen

        def look_again(reading: Reading) -> Look:
            return look(message.data, reading, self.bench.registry.data_sources)

        def chosen(reading: Reading | None) -> None:
            if reading is not None:
                self.tastemap.read_table_with(message.data, reading)
                self._explain("It is read so from now on.")
                if message.then_train:
                    self.action_start()

        self.app.push_screen(MapperScreen(message.data, seen, message.reading, look_again), chosen)

    def _use_data(self, name: str | None) -> None:
        if not name:
            return
        offer = self._offers[name]
        if offer.here:
            self.query_one(SetupForm).choose_data(name)
            return
        from tui.dialogs import AskScreen

        question = f"{name} is fetched from its publisher, under these terms:\n\n{offer.licence}"
        accepted = AskScreen(question, yes="Accept and fetch")
        self.app.push_screen(accepted, lambda yes: self._fetch(offer) if yes else None)

    def _fetch(self, offer: Offer) -> None:
        self._explain(f"Fetching {offer.name} …")
        start_fetching(self, offer, self.bench.registry)

    @on(Fetching)
    def fetching(self, message: Fetching) -> None:
        """Show how far it is."""
        self._explain(message.words)

    @on(Fetched)
    def fetched(self, message: Fetched) -> None:
        """Choose what was fetched, or say why it couldn't be."""
        if message.problem:
            self._explain(f"{message.problem} {message.hint}", wrong=True)
            self.notify(message.hint, title=message.problem, severity="error", timeout=15)
            return
        self._explain(f"{message.name} is here.")
        self.query_one(SetupForm).choose_data(message.name)

    def action_only_val(self) -> None:
        """Give the whole height to the held-out curve, where the decision is made, or to all curves."""
        self.query_one(LivePanel).toggle_val_only()

    def open_thing(self, thing: Thing) -> None:
        """Choose a data set that the finder found."""
        self._use_data_named(str(thing.id))

    def action_toggle_form(self) -> None:
        """Where there is no room for both: form or training."""
        self.toggle_class("-form")
        if self.has_class("-form"):
            self.query_one("#field-data").focus()

    def action_resume(self) -> None:
        """Go on with the run that was interrupted."""
        started = self.bench.training.started
        if self.bench.training.active or started is None or self.bench.training.finished:
            self.notify("Interrupted runs are listed under Runs (5).", title="Nothing to go on with here")
        elif self.bench.begin(ResumeRun(started.run)):
            self.redraw()

    @on(Input.Changed, "#field-data")
    def data_typed(self, event: Input.Changed) -> None:
        """Say what s would train on, and what would be raced on."""
        self.bench.chosen = event.value
        self.query_one(LivePanel).choose_data(event.value)

    @on(FieldRow.Described)
    def described(self, message: FieldRow.Described) -> None:
        """Explain the field in focus, or say what is wrong in it."""
        self._explain(message.text, message.wrong)

    def _explain(self, text: str, wrong: bool = False) -> None:
        explanation = self.query_one("#explanation", Static)
        explanation.update(Content(text))
        explanation.set_class(wrong, "-wrong")


def _parse_rate(text: str) -> float:
    """Read a learning rate; raises ProtocolError for one that can't train."""
    try:
        return SetLearningRate(float(text)).learning_rate
    except ValueError:
        raise ProtocolError(f"A learning rate is a number above 0, not {text!r}.") from None
