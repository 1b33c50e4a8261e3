package dev.raftsman.query;

import com.sun.net.httpserver.HttpExchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The word that a reader has to know: {@code Authorization: Bearer ...}. Compared in a time that says nothing of it, and
 * never shown. Any thread.
 */
public final class AccessToken {
    private static final String SCHEME = "Bearer ";

    private final byte[] sha256;

    /** @param token not empty */
    public AccessToken(String token) {
        if (token.isEmpty()) {
            throw new IllegalArgumentException("an empty token");
        }
        this.sha256 = sha256(token);
    }

    boolean admits(HttpExchange exchange) {
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        boolean bearer = given != null && given.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        // Digests are of one length: not even that of the token shows.
        return bearer
                && MessageDigest.isEqual(
                        sha256, sha256(given.substring(SCHEME.length()).trim()));
    }

    private static byte[] sha256(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "***";
    }
}
