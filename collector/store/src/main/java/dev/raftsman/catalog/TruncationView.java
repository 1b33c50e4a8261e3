package dev.raftsman.catalog;

/** Why a segment's data was given up. */
public record TruncationView(String policy, String reason, String policyHash, long atMillis) {}
