"""What an operator does about a trouble."""

from __future__ import annotations

from cloudlink.gateway_report import Trouble

ADVICE = {
    Trouble.PBX_AWAY: "The PBX is not connected: run `cloudlink-gateway check`.",
    Trouble.RECORDS_LOST: "Calls were lost because disk and memory were full: free the disk under GATEWAY_SPOOL.",
    Trouble.DISK: "The disk takes no more calls, so they wait in memory: free the disk under GATEWAY_SPOOL.",
    Trouble.LICENCES: "The PBX has no monitor licence left: buy some, or stop another application that monitors.",
    Trouble.SURPLUS: "There are more users than Mitel states for this PBX: the ones named are not served.",
    Trouble.REFUSED: "The PBX refuses to follow some extensions: check that they exist there and may be monitored.",
    Trouble.UNSEEN: "Some telephones showed no snapshot: their state is told from the next call on.",
    Trouble.OVER_BHCC: "More calls than Mitel states for this PBX: all are recorded, but it may answer late.",
    Trouble.QUEUE_OLD: "Calls wait for CloudLink: run `cloudlink-gateway check`.",
}
