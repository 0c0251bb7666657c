"""Small networks and lungs that several tests share."""

import torch

from bsnet_core.model.network_config import BSNetConfig, SegmentationDecoder
from bsnet_core.model.weights import build_model

SMALL = BSNetConfig(
    encoder="timm-tf_efficientnet_lite0",
    decoder=SegmentationDecoder.UNET,
    decoder_channels=(32, 16, 16, 8, 8),
    side_px=128,
    alignment_side_px=64,
)


def forward(config, count=2):
    torch.manual_seed(0)
    model = build_model(config).eval()
    with torch.inference_mode():
        return model(torch.rand(count, 1, config.side_px, config.side_px))


def two_lungs(shift=0.0):
    """(1, 1, 128, 128), the right lung a little larger, shifted by a share of the side."""
    rows, columns = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    rows = rows - 128 * shift
    lungs = [((rows - 62) / 40) ** 2 + ((columns - x) / w) ** 2 <= 1 for x, w in ((40.0, 19.0), (86.0, 16.0))]
    return (lungs[0] | lungs[1]).float()[None, None]
