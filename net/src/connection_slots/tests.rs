use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::*;

const CLIENT: &str = "192.0.2.1";
const OTHER: &str = "192.0.2.2";
const PROXY: &str = "10.1.2.3";

fn slots(connections: usize, per_client: usize) -> Arc<ConnectionSlots> {
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let slots =
        ConnectionSlots::new(Limits { connections, per_client, trusted_proxies, ..Limits::default() });
    // As where there are hundreds of them.
    slots.lock().few = FEW;
    slots
}

/// `None`: the newcomer has to wait.
fn ask(slots: &Arc<ConnectionSlots>, peer: &str) -> Option<Result<ConnectionSlot, ()>> {
    match slots.try_admit(peer.parse().unwrap()) {
        Admission::Admitted(slot) => Some(Ok(slot)),
        Admission::Refused => Some(Err(())),
        Admission::Wait => None,
    }
}

fn admit(slots: &Arc<ConnectionSlots>, peer: &str) -> ConnectionSlot {
    ask(slots, peer).expect("nobody waits").expect("nobody is refused")
}

fn many(slots: &Arc<ConnectionSlots>, peer: &str, count: usize) -> Vec<ConnectionSlot> {
    (0..count).map(|_| admit(slots, peer)).collect()
}

fn begin(slot: &ConnectionSlot) {
    assert!(slot.progress.begin(false, Instant::now()), "it may begin a request");
}

fn answer(slot: &ConnectionSlot) {
    begin(slot);
    slot.progress.answered();
    slot.flushed(Instant::now());
}

fn gone(slots: &[ConnectionSlot]) -> Vec<usize> {
    (0..slots.len()).filter(|slot| slots[*slot].progress.is_evicted()).collect()
}

#[test]
fn one_peer_cannot_take_every_place() {
    let slots = slots(100, 2);
    let held = [admit(&slots, CLIENT), admit(&slots, "::ffff:192.0.2.1")];
    assert!(matches!(ask(&slots, CLIENT), Some(Err(()))));
    let _other = admit(&slots, OTHER);
    drop(held);
    let _again = admit(&slots, CLIENT);
}

#[test]
fn an_ipv6_network_is_one_peer() {
    let slots = slots(100, 2);
    let _held = [admit(&slots, "2001:db8:1:2::1"), admit(&slots, "2001:db8:1:2:ffff::2")];
    assert!(matches!(ask(&slots, "2001:db8:1:2:3::3"), Some(Err(()))));
    let _next_door = admit(&slots, "2001:db8:1:3::1");
}

#[test]
fn where_few_call_one_may_have_every_place_and_the_next_gets_one_all_the_same() {
    let slots = ConnectionSlots::new(Limits::of_few_callers(400));
    let all = many(&slots, CLIENT, 400);
    assert!(matches!(ask(&slots, CLIENT), Some(Err(()))));
    assert!(ask(&slots, OTHER).is_none());
    assert_eq!(gone(&all).len(), 1);
}

#[test]
fn a_trusted_proxy_is_not_counted_as_one_visitor() {
    let slots = slots(100, 2);
    assert_eq!(many(&slots, PROXY, 90).len(), 90);
    assert_eq!(many(&slots, "::ffff:10.1.2.3", 10).len(), 10);
}

#[test]
fn at_its_cap_a_peer_gives_up_its_own_idle_connection_for_a_new_one() {
    let slots = slots(100, 3);
    let mut held = many(&slots, CLIENT, 3);
    let other = admit(&slots, OTHER);
    answer(&held[1]);
    answer(&other);
    assert!(ask(&slots, CLIENT).is_none());
    assert!(ask(&slots, CLIENT).is_none(), "one slot is being freed: no other goes for the same newcomer");
    assert_eq!((gone(&held), gone(&[other])), (vec![1], vec![]));
    drop(held.remove(1));
    let _newcomer = admit(&slots, CLIENT);
}

#[tokio::test(start_paused = true)]
async fn where_places_run_short_who_holds_most_gives_up_what_has_been_idle_for_longest() {
    let slots = slots(12, 100);
    let (most, fewer) = (many(&slots, CLIENT, 8), many(&slots, OTHER, 4));
    for slot in fewer.iter().chain(most.iter().rev()) {
        answer(slot);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(ask(&slots, "192.0.2.3").is_none());
    assert_eq!((gone(&most), gone(&fewer)), (vec![7], vec![]));
}

#[test]
fn who_holds_many_takes_no_place_from_who_has_fewer() {
    let slots = slots(12, 100);
    let (most, fewer) = (many(&slots, CLIENT, 8), many(&slots, OTHER, 4));
    fewer.iter().for_each(answer);
    most.iter().for_each(begin);
    assert!(matches!(ask(&slots, CLIENT), Some(Err(()))));
    assert_eq!(gone(&fewer), vec![]);
    assert!(ask(&slots, "192.0.2.3").is_none(), "who has few waits, and an idle one goes");
    assert_eq!(gone(&fewer).len(), 1);
}

#[test]
fn half_a_request_of_who_holds_many_goes_and_one_of_who_has_few_does_not() {
    let slots = slots(11, 100);
    let (most, fewer) = (many(&slots, CLIENT, 7), many(&slots, OTHER, 4));
    most.iter().skip(1).for_each(begin);
    assert!(ask(&slots, "192.0.2.3").is_none());
    assert_eq!((gone(&most), gone(&fewer)), (vec![0], vec![]));
    drop(most);
    let _six = many(&slots, CLIENT, 6);
    let _last = admit(&slots, "192.0.2.3");
    assert!(ask(&slots, "192.0.2.4").is_none());
    assert_eq!(gone(&fewer), vec![], "six are not many");
}

#[test]
fn where_there_are_few_places_fewer_are_many() {
    for (connections, few) in [(1, 1), (25, 1), (100, 3), (200, 6), (800, 6)] {
        assert_eq!(ConnectionSlots::new(Limits { connections, ..Limits::default() }).lock().few, few);
    }
    let slots = ConnectionSlots::new(Limits { connections: 10, ..Limits::default() });
    let half: Vec<ConnectionSlot> =
        ["192.0.2.3", "192.0.2.4"].into_iter().flat_map(|peer| many(&slots, peer, 5)).collect();
    assert!(ask(&slots, OTHER).is_none());
    assert_eq!(gone(&half).len(), 1);
}

#[test]
fn a_body_that_is_still_coming_is_half_a_request() {
    let slots = slots(7, 100);
    let most = many(&slots, CLIENT, 7);
    most.iter().for_each(|slot| assert!(slot.progress.begin(true, Instant::now())));
    most[3].progress.body_ended();
    assert!(ask(&slots, OTHER).is_none());
    let went = gone(&most);
    assert!(went.len() == 1 && went != [3], "{went:?}");
}

#[test]
fn a_request_that_is_carried_out_never_goes() {
    let slots = slots(8, 100);
    let most = many(&slots, CLIENT, 8);
    most.iter().for_each(begin);
    most.iter().for_each(|slot| slot.progress.unread(Instant::now()));
    assert!(ask(&slots, OTHER).is_none());
    assert_eq!(gone(&most), vec![]);
    most[5].progress.answered();
    assert!(ask(&slots, OTHER).is_none());
    assert_eq!(gone(&most), vec![5], "an answer that nobody reads does");
}

#[test]
fn a_proxys_idle_connection_goes_last() {
    let slots = slots(10, 100);
    let (proxy, most) = (many(&slots, PROXY, 2), many(&slots, CLIENT, 8));
    proxy.iter().for_each(answer);
    assert!(ask(&slots, OTHER).is_none());
    assert_eq!((gone(&proxy), gone(&most).len()), (vec![], 1));
    drop(most);
    let busy = many(&slots, CLIENT, 8);
    busy.iter().for_each(begin);
    assert!(ask(&slots, PROXY).is_none());
    assert_eq!(gone(&proxy).len(), 1);
}

#[test]
fn what_was_told_to_go_reads_nothing_and_begins_nothing() {
    let slots = slots(1, 100);
    let slot = admit(&slots, CLIENT);
    answer(&slot);
    assert!(slot.progress.may_read());
    assert!(ask(&slots, OTHER).is_none());
    assert!(!slot.progress.may_read());
    assert!(!slot.progress.begin(false, Instant::now()));
}

#[test]
fn where_there_is_no_place_an_answer_to_who_holds_many_is_the_last() {
    let slots = slots(12, 100);
    let (most, few) = (many(&slots, CLIENT, 7), many(&slots, OTHER, 4));
    let is_last = |slot: &ConnectionSlot| slot.is_last_answer(Instant::now());
    assert!(!is_last(&most[0]) && !is_last(&few[0]));
    let _full = admit(&slots, "192.0.2.3");
    assert!(is_last(&most[0]) && !is_last(&few[0]));
}

#[tokio::test(start_paused = true)]
async fn who_waits_gets_the_place_of_the_next_that_ends_or_becomes_idle() {
    let slots = slots(1, 100);
    for ends in [true, false] {
        let slot = admit(&slots, CLIENT);
        begin(&slot);
        let mut waits = pin!(slots.admit(OTHER.parse().unwrap()));
        assert!(timeout(Duration::from_secs(1), &mut waits).await.is_err());
        let slot = if ends {
            drop(slot);
            None
        } else {
            slot.progress.answered();
            slot.flushed(Instant::now());
            Some(slot)
        };
        if let Some(slot) = slot {
            assert!(timeout(Duration::from_secs(1), &mut waits).await.is_err());
            assert!(slot.progress.is_evicted());
        }
        assert!(timeout(Duration::from_secs(1), waits).await.unwrap().is_some());
    }
}
