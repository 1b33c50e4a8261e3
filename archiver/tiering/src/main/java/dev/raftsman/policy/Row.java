package dev.raftsman.policy;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The rows of the decision table, in the order in which they are tried; the first that fits decides. The table on this
 * package's page and in README is {@link #table()}.
 */
enum Row {
    NO_POLICY("no-policy", "no policy matches its stream", "Keep"),
    LABELS_UNKNOWN("labels-unknown", "a policy asks for labels of its stream, which are not known yet", "Keep"),
    OPEN("open", "it is still written", "Keep"),

    HOT_AGE("hot-age", "sealed at least keepHot.age ago", "what \"then\" says"),
    HOT_SIZE("hot-size", "it and newer ones are more than keepHot.size", "what \"then\" says"),
    AUTO_DISK("auto-disk", "auto: a collector takes no more, or has less free than auto.diskFree", "as auto"),
    AUTO_READ("auto-read", "auto: due by the next rows, and read less than auto.read ago", "Keep"),
    AUTO_AMPLIFICATION("auto-amplification", "auto: what is due by the next rows is not worth an object yet", "Keep"),
    AUTO_FILES("auto-files", "auto: it and newer ones are more than auto.files", "as auto"),
    AUTO_RATIO("auto-ratio", "auto: it and newer ones are more than auto.ratio of what is archived", "as auto"),
    AUTO_SCHEDULE("auto-schedule", "auto: auto.schedule has passed since it was sealed", "as auto"),
    WITHIN_HOT("within-hot", "none of these", "Keep"),

    BELOW_LEVEL("below-level", "due, and all its levels are below archive.dropBelow", "Truncate"),
    IN_SNAPSHOT("in-snapshot", "due, auto, and a kept snapshot holds it", "Archive, by reference"),
    AWAIT_SNAPSHOT("await-snapshot", "due, then: snapshot, and no kept snapshot holds it yet", "Keep"),

    OUTAGE_HOLD("outage-hold", "to be stored, the target is out, onArchiveOutage: hold", "Keep"),
    OUTAGE_THROTTLE("outage-throttle", "to be stored, the target is out, onArchiveOutage: throttle", "Keep"),
    OUTAGE_TRUNCATE("outage-truncate", "to be stored, the target is out, onArchiveOutage: truncate", "Truncate"),

    ARCHIVE_KEEP("archive-keep", "archived, and sealed at least archive.keep ago", "Expire"),
    KEPT_BY_SNAPSHOT("kept-by-snapshot", "to expire, and a kept snapshot refers to its object", "Keep"),
    LEGAL_HOLD("legal-hold", "to expire, and archive.legalHold", "Keep"),
    LOCKED("locked", "to expire, and its object is locked in the store", "Keep"),
    SHARED_OBJECT("shared-object", "to expire, and its object belongs to a snapshot", "Keep"),

    HELD("held", "to be deleted, and somebody holds it", "Keep"),
    FROZEN("frozen", "to be deleted, and deletion is frozen", "Keep"),

    FIRST_SNAPSHOT("first-snapshot", "a policy's streams have something, and no snapshot", "Snapshot"),
    SNAPSHOT_AGE("snapshot-age", "the policy's newest snapshot is at least snapshot.every old", "Snapshot"),
    SNAPSHOT_KEEP("snapshot-keep", "as many newer ones as snapshot.keep are there", "Drop"),
    SNAPSHOT_KEEP_FOR("snapshot-keep-for", "not the newest, and recorded at least snapshot.keepFor ago", "Drop"),
    SNAPSHOT_KEPT("snapshot-kept", "marked, and none of these any more", "Keep");

    private static final int LABEL_WIDTH = 20;
    private static final int CONDITION_WIDTH = 70;

    private final String label;
    private final String condition;
    private final String decision;

    Row(String label, String condition, String decision) {
        this.label = label;
        this.condition = condition;
        this.decision = decision;
    }

    String label() {
        return label;
    }

    /** The table as text, one row a line. */
    static String table() {
        return Arrays.stream(values())
                .map(row -> pad(row.label, LABEL_WIDTH) + pad(row.condition, CONDITION_WIDTH) + row.decision)
                .collect(Collectors.joining("\n"));
    }

    /** The table for a page of Markdown. */
    static String markdown() {
        return Arrays.stream(values())
                .map(row -> "| `" + row.label + "` | " + row.condition + " | " + row.decision + " |\n")
                .collect(Collectors.joining("", "| row | fits if | decision |\n|---|---|---|\n", ""));
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
