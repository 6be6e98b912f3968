"""Pure: the countries and parts of countries whose public holidays are known; `MY` and `MY-10` of ISO 3166.

The package `holidays` is loaded where somebody asks: most accounts never do.
"""

_SHOWN = 20


def resolved(written: str) -> str:
    """The region by its codes; a part may be written by its name too, `MY-Selangor`.

    Raises `ValueError` with what is wrong and the remedy.
    """
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415

    country, dash, part = written.strip().partition("-")
    country = country.upper()
    known = list_supported_countries()
    if len(country) != 2 or country not in known:  # noqa: PLR2004 - ISO 3166-1 alpha-2
        raise ValueError(
            f"{country} is no country whose public holidays are known; write two letters, such as MY"
        )
    if not dash:
        return country
    aliases = country_holidays(country).get_subdivision_aliases()
    names = {each.casefold(): code for code, others in aliases.items() for each in (code, *others)}
    names |= {each.casefold(): each for each in known[country]}
    if found := names.get(part.strip().casefold()):
        return f"{country}-{found}"
    raise ValueError(
        f"{country} has no part {part!r} whose holidays are known; {_parts(known[country], aliases)}"
    )


def _parts(codes: list[str], aliases: dict[str, list[str]]) -> str:
    if not codes:
        return "write the country alone"
    listed = [" ".join([code, *aliases.get(code, [])[:1]]) for code in codes[:_SHOWN]]
    return f"its parts are {', '.join(listed)}{', …' * (len(codes) > _SHOWN)}"
