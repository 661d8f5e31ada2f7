"""The policy files of a deployment on disk: which there are, of what kind and shape, and which go before others."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flows.settings import Settings
from pipeline.errors import PolicyError
from pipeline.findings.rulebook import RulebookFile
from pipeline.lexicon import LexiconFile
from pipeline.policy.load import keys_of, load_policy
from pipeline.scorecard import Scorecard, load_scorecard
from pipeline.scorecard.drafts import Kind


def own_files(settings: Settings) -> list[Path]:
    """The files of the deployment's own folder; none where it has no such folder."""
    return sorted(settings.rules.glob("*.yaml")) if settings.rules and settings.rules.is_dir() else []


def shadows(settings: Settings, kind: Kind, name: str) -> bool:
    """Whether a folder that goes before the deployment's own has a file of that kind and name."""
    paths = [path for folder in settings.more_rules for path in sorted(folder.glob("*.yaml"))]
    lists = [path for path in paths if keys_of(path) & {"phrases", "rules"}]
    return any(kind_of(path) is kind and shape_of(path).name == name for path in lists)


def kind_of(path: Path) -> Kind:
    """What kind a policy file is, by its keys.

    Raises
    ------
    PolicyError
        In Chinese, if it is none that is drafted.
    """
    keys = keys_of(path)
    for key, kind in (("phrases", Kind.LEXICON), ("rules", Kind.RULES), ("criteria", Kind.STANDARD)):
        if key in keys:
            return kind
    raise PolicyError(str(path), None, "既不是词库（phrases），也不是规则（rules）或评分表（criteria）")


def shape_of(path: Path) -> LexiconFile | RulebookFile | Scorecard:
    """A file by its shape alone; its examples are not run."""
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int, _size: int) -> LexiconFile | RulebookFile | Scorecard:
    match kind_of(path):
        case Kind.LEXICON:
            return load_policy(path, LexiconFile)[0]
        case Kind.RULES:
            return load_policy(path, RulebookFile)[0]
        case _:
            return load_scorecard(path)
