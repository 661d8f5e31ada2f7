"""Settings of a deployment, out of its environment: variables with the prefix ``CALLQA_``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import ConfigurationError
from pipeline.policy.packs import check_packs

Packs = Annotated[tuple[str, ...], AfterValidator(check_packs)]
"""Names of industry packs, each of which there is."""


class Settings(BaseSettings):
    """Settings of a deployment.

    Parameters
    ----------
    profile : str
        Weights to listen with: ``cpu`` (small, embedded) or ``gpu`` (large).
    weights : Path | None
        A folder with weights of one's own, used as it is: ``asr/`` (CTranslate2 Whisper),
        ``embedding/campplus_cn_en_common.pt``, and ``segmentation/pytorch_model.bin`` or a whole ``pipeline/``.
    companies : tuple of str
        How the company calls itself on the line: full name, short name.
    rules : Path | None
        A folder with lexicons and rulebooks of one's own, searched beside the shipped ones.
    more_rules : tuple of Path
        Further folders of the same kind; what a later one has takes the place of what an earlier one has.
    packs : tuple of str
        Industry packs whose phrase lists are searched, too; see `pipeline.policy.packs`.
    lines : Path | None
        The file of service lines: which calls are heard and judged by which standard; see `flows.policy.lines`.
    suspicions : bool
        Suspect what the lists did not foresee. It costs nothing, and people confirm it.
    threads : int
        CPU threads for the models; 0 takes all.
    shard : int
        Calls in one task.
    voices : bool
        Keep how each agent sounds, to know the agent in mixed recordings. Voice prints are personal data: off
        unless agents were told and agree; `callqa voices` lists and forgets them.
    dispute_days : int
        Days within which an agent may dispute an answer.
    playback : Path | None
        Folder of the copies of recordings that browsers play; a private one in the user's cache if left out.
    oidc_issuer, oidc_client, oidc_secret, oidc_claim : str
        An OpenID Connect provider where people may sign in to the review desk besides, what it knows the desk by,
        and the claim that is an account's name there. Off while the issuer is empty.
    judge_url, judge_model, judge_key : str
        An OpenAI-compatible server on your own network, the model it serves, and its key; off while the address is
        empty. See `models.judge`.
    judge_allow : tuple of str
        Hosts beyond your own network to which masked transcripts may go.
    judge_proxy : bool
        Whether the proxies of the environment are used on the way to it.
    judge_items : tuple of str
        Criteria or items that it is asked; none for all that a call leaves to people.
    judge_calls, judge_tokens, judge_seconds : int, int, float
        What one night may spend on it.
    judge_timeout : float
        Seconds for one answer.
    """

    model_config = SettingsConfigDict(env_prefix="CALLQA_", extra="ignore", frozen=True)

    profile: Literal["cpu", "gpu"] = "cpu"
    weights: Path | None = None
    companies: tuple[str, ...] = ()
    rules: Path | None = None
    more_rules: tuple[Path, ...] = ()
    packs: Packs = ()
    lines: Path | None = None
    suspicions: bool = True
    threads: Annotated[int, Field(ge=0)] = 0
    shard: Annotated[int, Field(ge=1)] = 25
    voices: bool = False
    dispute_days: Annotated[int, Field(ge=1, le=90)] = 7
    playback: Path | None = None
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: SecretStr = SecretStr("")
    oidc_claim: str = "preferred_username"
    judge_url: str = ""
    judge_model: str = ""
    judge_key: SecretStr = SecretStr("")
    judge_allow: tuple[str, ...] = ()
    judge_proxy: bool = False
    judge_items: tuple[str, ...] = ()
    judge_calls: Annotated[int, Field(ge=0)] = 2000
    judge_tokens: Annotated[int, Field(ge=0)] = 4_000_000
    judge_seconds: Annotated[float, Field(ge=0)] = 3600.0
    judge_timeout: Annotated[float, Field(gt=0, le=600)] = 60.0

    @property
    def slots(self) -> dict[str, tuple[str, ...]]:
        """The names that stand for ``{company}`` in lexicons.

        Examples
        --------
        >>> Settings(companies=("阳光家政", "阳光")).slots
        {'company': ('阳光家政', '阳光')}
        """
        return {"company": self.companies}


def load_settings(**chosen: object) -> Settings:
    """The settings of the environment, with what a command chose on top.

    Raises
    ------
    ConfigurationError
        Naming the variable that is wrong.

    Examples
    --------
    >>> load_settings(profile="cpu", shard=None).profile
    'cpu'
    """
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        variable = "CALLQA_" + "_".join(str(step) for step in first["loc"]).upper()
        raise ConfigurationError(f"{variable}: {first['msg'].removeprefix('Value error, ')}") from None
    except Exception as error:  # pydantic-settings wraps what it cannot parse in an error of its own
        if type(error).__name__ != "SettingsError":
            raise
        raise ConfigurationError(f'{error}; a list is written ["甲", "乙"]') from None
