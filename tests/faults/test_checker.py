"""The checker of the fault harness: every violation is seen in a history that has it, and in none that has not."""

import pytest

from benchmarks.faults.findings import THIEF, VICTIM
from benchmarks.faults.history import Act, Event, What, stamp
from tests.faults.telling import GRACE, Story


@pytest.fixture
def story():
    story = Story()
    story.client("anna")
    return story


def clean(findings):
    return not findings.sentences and not any(findings.violations.values())


def test_a_history_in_which_all_goes_well_has_no_violation(story):
    story.sign_in()
    for generation in range(5):
        story.wait(10)
        story.refresh(shown=generation)
        story.use(shown=generation + 1)
    story.sign_out(shown=5)
    story.wait(2)
    story.use(shown=5, status=401)
    story.refused(shown=5, reason="session_revoked")
    story.row(generation=5, ended=True)
    found = story.judged()
    assert clean(found)
    assert found.refreshes == {"DPoP": 5}
    assert found.sign_outs == 1


def test_a_lost_reply_and_its_retry_are_no_violation(story):
    story.sign_in()
    story.silence(shown=0)
    story.refresh(shown=0)
    story.row(generation=1)
    found = story.judged()
    assert clean(found)
    assert found.silences == 1


def test_an_honest_client_signed_out_is_counted_for_its_kind(story):
    story.client("carl", "unbound")
    story.sign_in()
    story.sign_in("carl", "s2", token="c0")
    story.refused("carl", "s2", shown=0)
    story.refresh(shown=0)
    found = story.judged()
    assert found.signed_out_of("unbound") == 1
    assert found.signed_out_of("DPoP") == 0
    assert "carl (s2): refresh_reused" in found.sentences[0]


@pytest.mark.parametrize("reason", ["bad_signature", "unknown_key", "use_dpop_nonce", "refresh_missing"])
def test_a_word_that_is_not_the_last_signs_nobody_out(story, reason):
    story.sign_in()
    story.refused(shown=0, reason=reason)
    story.refresh(shown=0)
    assert clean(story.judged())


def test_a_client_that_gets_no_good_answer_until_the_end_counts_as_signed_out(story):
    story.sign_in()
    story.refresh(shown=0)
    story.refused(shown=1, reason="unknown_key")
    story.refused(shown=1, reason="unavailable", status=503)
    found = story.judged()
    assert found.signed_out_of("DPoP") == 1
    assert "no good answer" in found.sentences[0]


def test_a_client_that_never_hears_anything_again_counts_as_signed_out(story):
    story.sign_in()
    story.silence(shown=0)
    assert story.judged().signed_out_of("DPoP") == 1


def test_a_session_that_its_user_ended_signs_nobody_out(story):
    story.sign_in()
    story.silence(shown=0, act=Act.SIGN_OUT)
    story.refused(shown=0, reason="session_revoked", act=Act.SIGN_OUT)
    story.refused(shown=0, reason="session_revoked")
    assert clean(story.judged())


def test_a_session_that_the_database_has_ended_for_nobody_counts_as_signed_out(story):
    story.sign_in()
    story.refresh(shown=0)
    story.row(generation=1, ended=True, reason="reuse")
    found = story.judged()
    assert found.signed_out_of("DPoP") == 1
    assert "ended in the database, reuse" in found.sentences[0]


def test_a_client_that_nobody_lets_in_any_more_counts_as_signed_out(story):
    story.client("carl", "unbound")
    story.answer(story.ask("carl", Act.SIGN_IN), 503)
    story.answer(story.ask("carl", Act.SIGN_IN), 401, reason="no_active_account")
    found = story.judged()
    assert found.signed_out_of("unbound") == 1
    assert found.missed(one_in=None) == ["honest clients signed out, unbound: 1 in no refresh at all"]


def test_a_client_that_was_signed_out_before_it_signed_out_itself_is_counted(story):
    story.sign_in()
    story.refused(shown=0, reason="session_revoked")
    story.sign_out(shown=0)
    assert story.judged().signed_out_of("DPoP") == 1


def test_two_tokens_of_one_generation_are_two_live_successors(story):
    story.sign_in()
    story.refresh(shown=0, token="one")
    story.refresh(shown=0, given=1, token="another")
    found = story.judged()
    assert found.violations["tokens with two live successors"] == 1


def test_the_same_token_twice_is_one_successor(story):
    story.sign_in()
    story.refresh(shown=0)
    story.refresh(shown=0, given=1)
    assert clean(story.judged())


def test_a_generation_that_was_given_out_and_is_not_in_the_database_is_a_session_lost(story):
    story.sign_in()
    story.refresh(shown=0)
    story.row(generation=0)
    assert story.judged().violations["acknowledged sessions lost"] == 1


def test_a_sign_in_that_the_database_does_not_know_is_a_session_lost(story):
    story.sign_in()
    story.row("s2", generation=0)
    assert story.judged().violations["acknowledged sessions lost"] == 1


def test_a_sign_in_without_an_answer_may_be_lost(story):
    story.ask("anna", Act.SIGN_IN)
    story.sign_in()
    story.row(generation=0)
    assert clean(story.judged())


def test_a_refresh_after_an_acknowledged_end_is_an_end_lost(story):
    story.sign_in()
    story.sign_out(shown=0)
    story.refresh(shown=0)
    assert story.judged().violations["acknowledged ends lost"] == 1


def test_a_refresh_that_was_sent_before_the_end_was_answered_is_none(story):
    story.sign_in()
    under_way = story.ask("anna", Act.REFRESH, sid="s1", generation=0, token="t0")
    story.sign_out(shown=0)
    story.answer(under_way, 200, sid="s1", generation=1, token="t1")
    assert clean(story.judged())


@pytest.mark.parametrize(("seconds", "lost"), [(0.5, 0), (1.2, 1)])
def test_an_access_token_may_outlive_its_session_by_a_second(story, seconds, lost):
    story.sign_in()
    story.sign_out(shown=0)
    story.wait(seconds)
    story.use(shown=0)
    assert story.judged().violations["acknowledged ends lost"] == lost


def test_an_end_that_the_database_does_not_know_is_lost(story):
    story.sign_in()
    story.sign_out(shown=0)
    story.row(generation=0, ended=False)
    assert story.judged().violations["acknowledged ends lost"] == 1


@pytest.mark.parametrize("reason", ["refresh_reused", "session_revoked"])
def test_an_end_that_somebody_was_told_of_may_not_be_lost_either(story, reason):
    story.sign_in()
    story.theft()
    story.refused("bob", shown=0, reason=reason)
    story.wait(60)
    story.refresh(shown=0)
    story.row(generation=1, ended=False)
    found = story.judged()
    assert found.violations["acknowledged ends lost"] == 2
    assert "accepted" in found.lost_ends[0]
    assert "the database does not know of it" in found.lost_ends[1]


def test_an_end_without_an_answer_may_be_lost(story):
    story.sign_in()
    story.silence(shown=0, act=Act.SIGN_OUT)
    story.refresh(shown=0)
    story.row(generation=1, ended=False)
    assert clean(story.judged())


def test_a_status_of_500_is_an_error_and_503_is_none(story):
    story.sign_in()
    story.refused(shown=0, reason="unavailable", status=503)
    story.refused(shown=0, reason="", status=500)
    story.refresh(shown=0)
    found = story.judged()
    assert found.violations["answers with status 500"] == 1
    assert found.statuses[503] == 1


@pytest.mark.parametrize(("status", "errors"), [(500, 1), (502, 1), (503, 0), (504, 1), (404, 0)])
def test_the_one_status_of_a_server_in_trouble_is_503(story, status, errors):
    story.sign_in()
    story.refused(shown=0, reason="", status=status)
    story.refresh(shown=0)
    assert story.judged().violations["answers with status 500"] == errors


def robbed(story):
    """A session whose token a thief has used for the first time."""
    story.sign_in()
    story.theft()
    story.wait(60)
    story.refresh("bob", shown=0)


def test_a_thief_who_goes_on_after_the_victims_third_refresh_is_unnoticed(story):
    robbed(story)
    for generation in (1, 2, 3):
        story.wait(60)
        story.refresh(shown=generation)
    story.wait(60)
    story.refresh("bob", shown=4)
    found = story.judged()
    assert found.violations["thieves unnoticed"] == 1
    assert found.noticed == 0


def test_a_thief_who_is_refused_in_time_is_noticed(story):
    robbed(story)
    for generation in (1, 2):
        story.wait(60)
        story.refresh(shown=generation)
    story.wait(60)
    story.refused("bob", shown=1)
    found = story.judged()
    assert clean(found)
    assert (found.thefts, found.noticed) == (1, 1)


def test_a_thief_whose_victim_is_told_is_noticed(story):
    robbed(story)
    story.wait(60)
    story.refused(shown=0)
    found = story.judged()
    assert clean(found), "the victim of a theft is no honest client signed out"
    assert found.noticed == 1


def test_a_thief_who_is_refused_at_once_is_noticed(story):
    story.sign_in()
    story.theft()
    story.refused("bob", shown=0)
    found = story.judged()
    assert clean(found)
    assert (found.noticed, found.let_in) == (1, 0)


def test_a_thief_who_is_refused_since_his_victim_signed_out_was_not_noticed(story):
    robbed(story)
    story.sign_out(shown=0)
    story.refused("bob", shown=1, reason="session_revoked")
    found = story.judged()
    assert clean(found)
    assert (found.noticed, found.let_in) == (0, 1)


def test_refreshes_beside_a_thief_count_for_no_kind_of_client(story):
    robbed(story)
    story.refresh(shown=1)
    story.sign_in(sid="s2", token="other")
    story.refresh(sid="s2", shown=0)
    found = story.judged()
    assert found.refreshes == {THIEF: 1, VICTIM: 1, "DPoP": 1}
    assert found.answered == 2


def test_a_client_whose_copy_nobody_used_is_an_honest_one(story):
    story.sign_in()
    story.theft()
    story.refused(shown=0)
    assert story.judged().signed_out_of("DPoP") == 1


def test_refreshes_of_the_victim_that_had_no_answer_do_not_count(story):
    robbed(story)
    for generation in (1, 2):
        story.wait(60)
        story.refresh(shown=generation)
    story.wait(60)
    story.silence(shown=3)
    story.wait(60)
    story.refresh("bob", shown=3)
    assert clean(story.judged())


@pytest.mark.parametrize(("seconds", "unnoticed"), [(GRACE - 1, 0), (GRACE + 1, 1)])
def test_a_use_within_the_grace_time_of_the_victims_refresh_does_not_count(story, seconds, unnoticed):
    robbed(story)
    for generation in (1, 2, 3):
        story.wait(60)
        story.refresh(shown=generation)
    story.wait(seconds)
    story.refresh("bob", shown=4)
    assert story.judged().violations["thieves unnoticed"] == unnoticed


def signed_out(kind, refreshes):
    """What is found where one client of a kind is signed out after so many refreshes."""
    story = Story()
    story.client("anna", kind)
    story.sign_in()
    for generation in range(refreshes):
        story.refresh(shown=generation)
    story.refused(shown=refreshes)
    return story.judged()


def test_the_goal_is_missed_by_one_client_that_is_bound_by_dpop(story):
    assert signed_out("DPoP", 100).missed(one_in=100) == ["honest clients signed out, DPoP: 1 in 100 refreshes"]


def test_other_clients_may_be_signed_out_once_in_so_many_refreshes():
    assert signed_out("unbound", 100).missed(one_in=100) == []
    assert signed_out("unbound", 99).missed(one_in=100) == ["honest clients signed out, unbound: 1 in 99 refreshes"]
    assert signed_out("unbound", 99).missed(one_in=None) == []


def test_the_goal_is_missed_by_any_violation(story):
    story.sign_in()
    story.refused(shown=0, reason="", status=500)
    story.refresh(shown=0)
    assert story.judged().missed(one_in=None) == ["answers with status 500: 1"]


def test_an_event_is_read_as_it_was_written_and_a_stranger_is_refused():
    event = Event(at=1.5, what=What.ASK, who="anna", number=0, generation=0, act=Act.REFRESH)
    assert Event.of(event.line()) == event
    with pytest.raises(ValueError, match="says nothing of colour"):
        Event.of('{"at": 1.0, "what": "ask", "colour": "red"}')


def test_a_stamp_holds_no_token():
    payload = "eyJzaWQiOiAiczEiLCAiZ2VuIjogM30"
    token = f"e30.{payload}.c2lnbmF0dXJl"
    said = stamp(token)
    assert (said["sid"], said["generation"]) == ("s1", 3)
    assert len(said["token"]) == 16
    assert said["token"] not in token
    with pytest.raises(ValueError, match="not a refresh token"):
        stamp("nothing")
