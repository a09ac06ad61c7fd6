"""`medunion emergency`: break-the-glass and its review."""

import click

from medunion.cli.choices import RESTRICTED, words
from medunion.cli.ids import Kind, find_id
from medunion.cli.output import emit_rows
from medunion.cli.support import argument, done, group, json_option, moment, network
from medunion.locale import translate as t
from medunion.vocabulary import RestrictedClass, Role


@group("emergency")
def command() -> None:
    """Open, review, list."""


@command.command("open", help=t("emergency.open.help"))
@argument("patient")
@argument("member")
@click.option("--reason", required=True, metavar=t("metavar.text"), help=t("emergency.open.reason"))
@click.option(
    "--restricted", type=RESTRICTED, multiple=True, metavar=t("metavar.restricted"), help=t("option.restricted")
)
@click.option("--approved-by", metavar=t("metavar.member"), help=t("emergency.open.approved_by"))
@click.option("--operator", metavar=t("metavar.operator"), help=t("emergency.open.operator"))
@json_option
def open_(
    patient: str,
    member: str,
    reason: str,
    restricted: tuple[RestrictedClass, ...],
    approved_by: str | None,
    operator: str | None,
    as_json: bool,
) -> None:
    """Break the glass as a clinician of a member."""
    from medunion.access.emergency import Statement

    classes = RestrictedClass(0)
    for each in restricted:
        classes |= each
    with network() as opened:
        handle = opened.member(member)
        service = opened.emergencies.acting(handle.sender(operator or handle.with_role(Role.CLINICIAN)))
        statement = Statement.new(reason)
        request = service.request(opened.patient_id(patient), statement, classes)
        approval = None
        if approved_by:
            approver = opened.member(approved_by)
            approval = service.approve(approver.account(approver.with_role(Role.CLINICIAN)), request)
        handle.keep_statement(statement)
        emergency, receipt = service.open(request, approval)
    done(
        "emergency.open.done",
        receipt,
        as_json,
        patient=patient,
        member=member,
        emergency="0x" + emergency.emergency_id.hex(),
        until=emergency.not_after if as_json else moment(emergency.not_after),
    )


@command.command(help=t("emergency.review.help"))
@argument("emergency")
@click.option("--by", required=True, metavar=t("metavar.member"), help=t("emergency.review.by"))
@click.option("--justified/--unjustified", default=None, required=True, help=t("emergency.review.justified"))
@click.option("--finding", required=True, metavar=t("metavar.text"), help=t("emergency.review.finding"))
@json_option
def review(emergency: str, by: str, justified: bool, finding: str, as_json: bool) -> None:
    """Close the review of an emergency as a registrar."""
    from medunion.access.emergency import Statement

    with network() as opened:
        handle = opened.member(by)
        found = find_id(opened, Kind.EMERGENCY, emergency)
        statement = Statement.new(finding)
        service = opened.emergencies.acting(handle.acting(Role.REGISTRAR))
        handle.keep_statement(statement)
        receipt = service.review(found, justified, statement)
    done("emergency.review.done", receipt, as_json, emergency="0x" + found.hex(), justified=justified)


@command.command("list", help=t("emergency.list.help"))
@click.option("--patient", metavar=t("metavar.patient"), help=t("emergency.list.patient"))
@click.option("--member", metavar=t("metavar.member"), help=t("emergency.list.member"))
@json_option
def list_(patient: str | None, member: str | None, as_json: bool) -> None:
    """Emergencies, of a patient, of a member, or all."""
    with network() as opened:
        now = opened.ledger.now()
        found = opened.emergencies.of(
            opened.patient_id(patient) if patient else None, opened.member_id(member) if member else None
        )
        rows = [
            {
                "emergency": each.emergency_id if as_json else each.emergency_id.hex()[:16],
                "patient": each.patient if as_json else each.patient.hex()[:16],
                "member": opened.member_name(each.member),
                "openedAt": each.opened_at if as_json else moment(each.opened_at),
                "notAfter": each.not_after if as_json else moment(each.not_after),
                "live": now <= each.not_after,
                "restricted": words(RestrictedClass, each.restricted),
                "reviewed": each.reviewed,
            }
            for each in found
        ]
    columns = ("emergency", "patient", "member", "openedAt", "notAfter", "live", "restricted", "reviewed")
    emit_rows(rows, columns, as_json=as_json)
