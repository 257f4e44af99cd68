// What a person reads about a refusal: the words of this language, by stable code.
import { _ } from "./i18n.js";

const added = {};

/** Words of a part of the page that is loaded later, by code. */
export const addWords = (byCode) => Object.assign(added, byCode);

/** Words by code, then what the server says, then the fields it names. */
export function problemText(problem) {
  const fields = (problem.body?.errors ?? [])
    .filter((error) => error.message !== problem.message)
    .map((error) => [error.field, error.message].filter(Boolean).join(": "));
  return [added[problem.code] ?? words(problem.code) ?? problem.message, ...fields].join(" ");
}

function words(code) {
  return {
    no_connection: _("The server does not answer."),
    unauthorized: _("Please sign in."),
    forbidden: _("You may not do this. Ask a line leader."),
    wrong_credentials: _("Name or PIN is wrong."),
    locked: _("Locked after too many tries. Wait or ask a line leader."),
    too_many_requests: _("Too many tries. Wait a moment."),
    terminal_not_enrolled: _("This device is not a terminal yet. A supervisor signs in here and enrols it."),
    not_signed_in: _("Not signed in here any more. Enter the PIN."),
    typed_outside_session: _("Nobody was signed in under this name then. Sign in and send it again."),
    not_found: _("This is no longer there."),
    stop_changed: _("The stop has changed since you saw it. Look at it again."),
    statement_not_in_force: _("Somebody has already replaced this reason."),
    declare_needs_supervisor: _("Only a supervisor may do this."),
    reason_unknown: _("This reason is no longer in use. Choose another."),
    reason_of_other_domain: _("This reason does not fit here. Choose another."),
    scrap_reason_required: _("Choose a defect type."),
    good_is_counted: _("The machine counts good parts. Enter it as an adjustment."),
    impossible_quantity: _("This quantity is not possible."),
    scrap_exceeds_total: _("More pieces than are there."),
    entry_already_voided: _("This entry is already voided."),
    entry_is_a_void: _("What was taken back cannot be taken back. Enter it again."),
    move_invalid: _("This move is not possible."),
    nothing_to_move: _("No pieces were made there. Check the job and the time."),
    job_not_started: _("Start this job first."),
    entry_unknown: _("This entry is not known to the server."),
    device_time_too_old: _("This entry is more than 7 days old. A supervisor must enter it."),
    device_time_in_future: _("The clock of this device is wrong."),
    time_before_last_event: _("Something newer was entered already."),
    work_unit_busy: _("Another job is loaded on this machine. Complete it first; the rest can be dispatched again."),
    work_unit_retired: _("This machine is retired."),
    job_unknown: _("This job is no longer there."),
    job_not_startable: _("This job cannot be started."),
    job_already_running: _("This job runs already."),
    job_not_running: _("This job does not run."),
    handover_pending: _("The shift before has not been taken over yet. The line leaders sign the handover first."),
    job_not_paused: _("This job is not paused."),
    order_unknown: _("This work order is not known."),
    order_changed: _("Somebody changed the work order since you saw it. Look at it again."),
    order_released: _("Item and quantity of a released work order are fixed."),
    order_not_releasable: _("This work order cannot be released."),
    order_not_dispatchable: _("Release the work order first."),
    order_not_closable: _("This work order cannot be closed."),
    order_not_changeable: _("This work order has ended and cannot be changed."),
    order_closed: _("This work order is closed."),
    lot_invalid: _("A lot has only letters, digits and hyphens."),
    lot_of_other_item: _("This lot holds another item. Scan another lot."),
    item_unknown: _("This item is not known."),
    priority_invalid: _("The priority goes from 0 to 9."),
    nothing_to_dispatch: _("Everything of this work order is dispatched already."),
    quantity_exceeds_order: _("More than the work order still needs."),
    jobs_open: _("A job of this work order still runs. Complete it first."),
    outside_tolerance: _("The quantity is outside the tolerance. Close again to accept it."),
    call_unknown: _("This call is no longer there."),
    call_over: _("This call is over already."),
    call_acknowledged: _("Somebody else is on the way already."),
    call_not_yours: _("Only who called or a line leader may take this back."),
    shift_not_over: _("The shift is not over yet."),
    shift_already_signed: _("The shift is signed off already."),
    shift_not_signed: _("The shift is not signed off."),
    signoff_needs_note: _("Say why you sign off all the same."),
    check_changed: _("This count has changed since you saw it. Look at it again."),
    count_not_acceptable: _("This count cannot be accepted as it is. Enter the amount."),
    clearing_needs_reason: _("Say why these records may go."),
    record_cleared: _("Somebody has cleared this already. Look at the list again."),
    record_unknown: _("This record is no longer there."),
    validation: _("Please mend the marked fields."),
    outbox_full: _("The device keeps no more entries. Connect it to the server first."),
    http_401: _("Please sign in."),
    http_403: _("You may not do this. Ask a line leader."),
    http_404: _("This is no longer there."),
    http_429: _("Too many tries. Wait a moment."),
  }[code];
}
