package dev.raftsman.catalog;

import java.util.UUID;

/** An upload that was announced and neither committed nor aborted. */
public record PreparedView(
        UUID token,
        String owner,
        String target,
        String key,
        String policy,
        String reason,
        String policyHash,
        long preparedAtMillis) {}
