"""What a phone asks before it sends."""

from portal.epoch import FIRST


def test_it_says_who_is_signed_in_and_gives_a_token(world, sign_in) -> None:
    zhang = sign_in("zhang")
    said = zhang.client.get("/offline/hello").get_json()
    assert said["person"] == str(world.person("zhang").id)
    assert said["epoch"] == FIRST
    assert said["handover"] is False


def test_whoever_is_signed_out_gets_no_json(sign_in) -> None:
    answer = sign_in().client.get("/offline/hello")
    assert answer.status_code == 303
    assert not answer.is_json
