"""Restricted masks of a bundle's records, inherited along references.

A record's own mask comes from its labels and codes (`sensitivity`) and the caller's additions; then it takes
over the masks of all records it refers to, transitively, cycles included. This is exactly "the union over what it
refers to": a restricted diagnosis that its encounter names restricts the encounter, and with it whatever was
recorded in it. An attachment that is a Binary of the bundle shares its mask with the resource that attaches it,
both ways: the text is the document.
"""

from collections.abc import Callable, Mapping
from typing import Final

from medunion.vocabulary import RestrictedClass

from .bundle import Bundle
from .references import Target, Where
from .sensitivity import mask_of

_NONE: Final = RestrictedClass(0)


def masks_of(
    bundle: Bundle,
    local_ids: tuple[str, ...],
    links: list[dict[str, Target]],
    known_mask: Callable[[str], RestrictedClass] | None,
    extra_masks: Mapping[str, RestrictedClass],
) -> list[RestrictedClass]:
    """Least fixpoint of "own mask, or any mask of what it refers to". Every record is queued once per bit it gains."""
    masks = [mask_of(entry.facts.codings) | extra_masks.get(local_ids[i], _NONE) for i, entry in enumerate(bundle)]
    referrers: list[list[int]] = [[] for _ in local_ids]
    for position, targets in enumerate(links):
        attached = set(bundle.entries[position].facts.attachments)
        for text, target in targets.items():
            if target.where is Where.BUNDLE:
                referrers[target.position].append(position)
                if text in attached:
                    referrers[position].append(target.position)
            elif target.where is Where.KNOWN and known_mask is not None:
                masks[position] |= known_mask(text)
    queue = [position for position, mask in enumerate(masks) if mask]
    while queue:
        position = queue.pop()
        for referrer in referrers[position]:
            if masks[referrer] | masks[position] != masks[referrer]:
                masks[referrer] |= masks[position]
                queue.append(referrer)
    return masks
