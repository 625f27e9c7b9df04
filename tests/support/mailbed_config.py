"""The configuration text of the test bed's two servers, and the folders that Postfix expects.

Placeholders in braces are filled by `str.format`; a brace meant for the server is doubled.
"""

from __future__ import annotations

from typing import Final

POSTFIX_DAEMONS: Final = "/usr/lib/postfix/sbin"

#: (folder of the queue, owner, group, mode), as Postfix's own `postfix-files` lists them.
QUEUE_FOLDERS: Final = (
    *((name, "postfix", "root", 0o700) for name in ("active", "bounce", "corrupt", "defer", "deferred")),
    *(
        (name, "postfix", "root", 0o700)
        for name in ("flush", "hold", "incoming", "saved", "trace", "private")
    ),
    ("maildrop", "postfix", "postdrop", 0o730),
    ("public", "postfix", "postdrop", 0o710),
    ("pid", "root", "root", 0o755),
)

#: Only the services that this bed uses; no chroot, and the queue manager wakes every second.
POSTFIX_MASTER: Final = """\
# service type private unprivileged chroot wakeup maxproc command
127.0.0.1:{smtp_port} inet n - n - - smtpd
pickup   unix n - n 60 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 1 1 qmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
flush    unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq    unix n - n - - showq
error    unix - - n - - error
retry    unix - - n - - error
discard  unix - - n - - discard
lmtp     unix - - n - - lmtp
anvil    unix - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
"""

#: Everything is local and immediate: no DNS, no route to outside, a bounce at the first refusal,
#: deferred mail tried again after a second. Headers are left as they were sent.
POSTFIX_MAIN: Final = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.test.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
recipient_delimiter = +
virtual_mailbox_domains = {domains}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
transport_maps = texthash:{root}/etc/bounced
default_transport = error:no route to outside
local_header_rewrite_clients =
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = check_recipient_access texthash:{root}/etc/refused, permit_mynetworks, reject
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_junk_command_limit = 1000
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
default_destination_concurrency_failed_cohort_limit = 0
"""

#: Every user exists with the password "pw"; nothing is flushed to disk, nobody is limited.
DOVECOT: Final = """\
base_dir = {root}/dovecot
state_dir = {root}/dovecot-state
instance_name = mailbed-{imap_port}
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
log_path = {root}/dovecot.log
default_login_user = dovenull
default_internal_user = dovecot
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 0
first_valid_uid = 1
recipient_delimiter = +
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={root}/home/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
"""
