"""BS-Net: lung segmentation, alignment and six-zone Brixia score of a chest radiograph."""
