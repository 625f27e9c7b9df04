"""Debtors: their policies, segments and contacts. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # Why nothing leaves to a debtor whose policy sends nothing (dunning.decide.Reason)
    "reason.policy_unknown": ("son scénario « {detail} » n'est pas dans la configuration : écrivez [policies.{detail}], ou donnez-lui un autre scénario", "its policy “{detail}” is not in the configuration: write [policies.{detail}], or give it another policy"),
    "reason.never_reminded": ("ce client n'est jamais relancé (scénario « aucune »)", "this debtor is never reminded (policy “none”)"),
    "task.policy_unknown": ("{debtor}, facture {invoice} : son scénario « {detail} » n'est pas dans la configuration", "{debtor}, invoice {invoice}: its policy “{detail}” is not in the configuration"),
    # What a debtor's policy is called; one of the configuration's own is called by its name there
    "policy.default": ("celui de tous", "the installation's"),
    "policy.none": ("aucune (jamais relancé)", "none (never reminded)"),
    "now.policy": ("scénario de relance : {policy}", "dunning policy: {policy}"),
    "now.segment": ("segment : {segment}", "segment: {segment}"),
    # A change of them in an invoice's story and in an import
    "field.policy": ("scénario de relance", "dunning policy"),
    "field.segment": ("segment", "segment"),
    # What a contact does at a debtor (dunning.invoice.Role)
    "role.accounts": ("comptabilité", "accounts"),
    "role.purchasing": ("achats", "purchasing"),
    "role.management": ("direction", "management"),
    "role.other": ("autre", "other"),
    # What `check` says of the policies that debtors name
    "check.policies": ("scénarios de relance", "dunning policies"),
    "check.policies.ok": ("nommés dans la configuration : {count} ; aucun client n'en suit un autre", "named in the configuration: {count}; no debtor follows another"),
    "check.policies.unknown": ("la configuration n'a pas « {policy} » ; rien ne part à {debtors}", "the configuration has no “{policy}”; nothing leaves to {debtors}"),
    "check.policies.remedy": ("écrivez [policies.{policy}] dans la configuration, ou importez un autre scénario pour ces clients (`relance-mailer import debtors`)", "write [policies.{policy}] into the configuration, or import another policy for these debtors (`relance-mailer import debtors`)"),
    "check.policies.text": ("aucun texte pour le niveau « {stage} » du scénario « {policy} »", "no text for the stage “{stage}” of the policy “{policy}”"),
    "check.policies.text.remedy": ("écrivez templates/fr/{stage}.md, et templates/en/{stage}.md pour les autres langues", "write templates/en/{stage}.md, and templates/fr/{stage}.md for debtors who read French"),
}  # fmt: skip
