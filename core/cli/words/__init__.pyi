from ._plain import (
    PlainCommand as PlainCommand,
    PlainGroup as PlainGroup,
    pass_plain as pass_plain,
)
