package dev.raftsman.tls;

/**
 * How one pair of files stands, for metrics.
 *
 * @param notAfterMillis when the own certificate ends, in milliseconds since 1970; {@link #NONE} if there is none
 * @param filesUnusable the files on disk are others than those in force, and cannot be used
 */
public record TlsStatus(long notAfterMillis, boolean filesUnusable) {
    public static final long NONE = -1;

    static TlsStatus of(TlsMaterial material) {
        return new TlsStatus(
                material.chain().isEmpty()
                        ? NONE
                        : material.chain().get(0).getNotAfter().toInstant().toEpochMilli(),
                false);
    }

    TlsStatus unusable() {
        return new TlsStatus(notAfterMillis, true);
    }

    TlsStatus usable() {
        return new TlsStatus(notAfterMillis, false);
    }
}
