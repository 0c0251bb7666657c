"""The fast explanation map: what masking every super-pixel changes, computed only where something changes.

One forward pass takes about a second on a CPU, and an image has some 200 super-pixels. Masking one of them changes
the features only around it, and the lungs and the score only a little. So one image is analysed once, and every
super-pixel then costs a few small windows and some scalar products. Each approximation can be turned off
(`approximations`); what each costs in fidelity is measured (docs/explanations.md).

Shapes: S is the side of the network image, C, H, W channels, height and width of a layer, B super-pixels of a batch,
h, w height and width of their windows, K the numbers that decide on the probabilities (6 latent scores per head of zone
statistics, or 18 probabilities), R directions along which the K gradients are summed up.

In the order in which data flow through the modules:

1. Once per model: a list of layers.
   `traced_network`   a model to its encoder and segmentation in layers, and the layers that the heads look at
   `local_network`    traces a module, folds batch norm into convolutions; a network that is not local runs whole
   `local_layers`     one class per kind of layer: the windows that a change reaches, and gradients back to its sources
   `lung_path`        the main path of the lung decoder, features to lung logits (N, 1, S, S)
2. Once per image, and for its mirror image if the model averages both (`side_by_side` gives each a thread):
   `masking_response` keeps everything that masking does not change, and puts together the steps of 2 and 3
   `first_order`      gradients (K, C, H, W) of the K numbers with respect to features, lung probability and alignment
   `gradients`        leads gradients (R, C, H, W) back through the layers to those in which windows are cut
   `zone_statistics`  the heads' means and standard deviations (6, C) per zone and level
3. For every batch of super-pixels:
   `superpixel_batches`  order, boxes (B, 4) and masked patches (1, h, w)
   `windowed_network` patches to changes of the features (B, h, w, C), layer by layer; in deep layers cuts
                      windows to the places that change much and approximates the rest by gradients (B, R)
   `window_places`    the windows' places (B,), and reading and writing them as runs of memory
   `zone_statistics`  changes of the features to changes of the latent scores (B, K), exact while the lungs stay
   `masking_response` adds the first-order effect through lungs and alignment, or recomputes them along `lung_path`
                      if it is large; gives contributions (B, 3, 2, 4)
4. `fast_map`         divides the image into super-pixels, runs the batches, lets the map grow (N, 3, 2, 4)
"""
