package dev.raftsman.tls;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXReason;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why a handshake failed, as far as the JDK tells: by the types in the chain of causes where there are any, by its words
 * where there are none.
 *
 * @param detail the JDK's words; of an alert its name
 */
public record TlsFailure(Kind kind, String detail) {
    private static final Pattern ALERT = Pattern.compile("Received fatal alert: (\\w+)");

    /** A CA of a known one's name, but another key, is not that one. */
    private static final Set<CertPathValidatorException.Reason> FOREIGN =
            Set.of(CertPathValidatorException.BasicReason.INVALID_SIGNATURE, PKIXReason.NO_TRUST_ANCHOR);

    /** What is wrong with the other end's certificate, but for the last two. */
    public enum Kind {
        EXPIRED("has expired"),
        NOT_YET_VALID("is not yet valid"),
        UNKNOWN_CA("is of an unknown CA"),
        WRONG_NAME("is for another name"),
        MISSING("is missing"),
        /** The other end refused ours. */
        ALERT("is refused"),
        OTHER("");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** To be put behind "the certificate". */
        public String words() {
            return words;
        }
    }

    public static TlsFailure of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            Matcher alert = ALERT.matcher(message);
            if (alert.find()) {
                return new TlsFailure(Kind.ALERT, alert.group(1));
            }
            Kind kind = kind(cause, message);
            if (kind != null) {
                return new TlsFailure(kind, message);
            }
        }
        return new TlsFailure(Kind.OTHER, innermost(failure));
    }

    private static Kind kind(Throwable cause, String message) {
        if (cause instanceof CertificateExpiredException) {
            return Kind.EXPIRED;
        }
        if (cause instanceof CertificateNotYetValidException) {
            return Kind.NOT_YET_VALID;
        }
        if (cause instanceof CertPathBuilderException && cause.getCause() == null
                || cause instanceof CertPathValidatorException path && FOREIGN.contains(path.getReason())) {
            return Kind.UNKNOWN_CA;
        }
        if (cause instanceof CertificateException
                && (message.startsWith("No subject alternative") || message.startsWith("No name matching"))) {
            return Kind.WRONG_NAME;
        }
        return message.contains("Empty client certificate chain") ? Kind.MISSING : null;
    }

    /** The outer ones only wrap it. */
    private static String innermost(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            message = cause.getMessage() == null ? message : cause.getMessage();
        }
        return message;
    }

    /** @param certificate whose it is, such as "the collector's certificate" */
    public String words(String certificate) {
        return switch (kind) {
            case EXPIRED, NOT_YET_VALID, WRONG_NAME -> certificate + " " + kind.words() + " (" + detail + ")";
            case UNKNOWN_CA, MISSING -> certificate + " " + kind.words();
            case ALERT -> "the other end refuses: " + detail;
            case OTHER -> detail;
        };
    }
}
