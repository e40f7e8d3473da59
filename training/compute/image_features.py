"""A group's pictures as a network sees them, each encoded once for all trees of the group."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vigorl.browser.errors import InconsistentData
from vigorl.browser.picture import Picture
from vigorl.policy.images import FittedImage, token_count
from vigorl.policy.local.network import Network
from vigorl.policy.policy import ShownImage

Layers = list[Tensor]
"""Of one picture with N cells: what stands in their place and, where the architecture has them,
what is added behind the first layers (deepstack), each [N, D]."""


class ImageFeatures:
    """What the vision tower makes of pictures, kept as long as the weights are the same.

    Where the tower learns, gradients are accumulated at its output, over all trees, and go through
    it once, at `backward`. Whether it does is settled when the object is made: by its weights, and
    by whether gradients are enabled.
    """

    def __init__(self, network: Network, pictures: Mapping[str, Picture]) -> None:
        """Encode nothing yet.

        Args:
            network: Whose tower.
            pictures: The group's, by their sha256.
        """
        self._network = network
        self._pictures = pictures
        tower = network.vision_tower
        self._learns = (
            torch.is_grad_enabled()
            and tower is not None
            and any(weight.requires_grad for weight in tower.parameters())
        )
        self._seen: dict[ShownImage, Layers] = {}
        self._made: list[tuple[Tensor, Tensor]] = []
        """What the tower made, and the leaf that stands for it in the trees."""

    def fitted(self, image: ShownImage) -> FittedImage:
        """A picture at the size at which it was shown.

        Raises:
            InconsistentData: it is not among the group's.
        """
        if image.sha256 not in self._pictures:
            raise InconsistentData(
                f"the picture {image.sha256} of a row is missing: keep the folder images/ beside "
                "the trajectories"
            )
        return FittedImage(self._pictures[image.sha256], image.width_px, image.height_px)

    def of(self, images: Sequence[ShownImage]) -> tuple[Tensor, Layers]:
        """The cells of these pictures, one after another, [N, D], and their deepstack layers.

        Raises:
            InconsistentData: one of them is not among the group's.
        """
        if new := [image for image in dict.fromkeys(images) if image not in self._seen]:
            self._see(new)
        first, *deepstack = zip(*(self._seen[image] for image in images), strict=True)
        return torch.cat(first), [torch.cat(layer) for layer in deepstack]

    def _see(self, images: Sequence[ShownImage]) -> None:
        fitted = [self.fitted(image) for image in images]
        with torch.set_grad_enabled(self._learns):
            cells_N_D, deepstack = self._network.see(fitted)
        leaves = []
        for made_N_D in (cells_N_D, *deepstack):
            leaf_N_D = made_N_D.detach().requires_grad_(self._learns)
            if self._learns:
                self._made.append((made_N_D, leaf_N_D))
            leaves.append(leaf_N_D)
        counts = [token_count(image, self._network.family.size) for image in images]
        for image, *layers in zip(
            images, *(torch.split(leaf_N_D, counts) for leaf_N_D in leaves), strict=True
        ):
            self._seen[image] = layers

    def backward(self) -> None:
        """Send what gradients all trees have left through the tower; none where it is frozen."""
        wanted = [(made, leaf.grad) for made, leaf in self._made if leaf.grad is not None]
        if wanted:
            torch.autograd.backward([made for made, _ in wanted], [grad for _, grad in wanted])
        self._made, self._seen = [], {}
