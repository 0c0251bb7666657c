from app.canvas.modes import CornerTexts


def test_the_cycle_comes_round():
    assert CornerTexts.FULL.next.next.next is CornerTexts.FULL
