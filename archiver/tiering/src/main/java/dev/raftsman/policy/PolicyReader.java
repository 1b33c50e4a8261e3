package dev.raftsman.policy;

import dev.raftsman.config.Section;
import dev.raftsman.config.Units;
import dev.raftsman.event.Level;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.policy.ArchiveRule.Format;
import dev.raftsman.policy.ArchiveRule.Lock;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The keys of the defaults and of one policy after the other, and what they may not say together. A contradiction names the
 * lines of both keys.
 */
final class PolicyReader {
    private static final List<String> ACTIONS = List.of("archive", "truncate", "snapshot", "auto");
    private static final List<String> LOCKS = List.of("none", "governance", "compliance");
    private static final List<String> OUTAGES = List.of("hold", "throttle", "truncate");
    private static final List<String> LEVELS = List.of("DEBUG", "INFO", "WARN", "ERROR");

    private static final long LEAST_OBJECT_BYTES = 1L << 20;

    /** An object is one conditional put, and larger ones are not repeated cheaply. */
    private static final long GREATEST_OBJECT_BYTES = 1L << 30;

    private static final Duration LONGEST_LOCK = Duration.ofDays(36_500);

    private final Capabilities capabilities;
    private final Map<String, TargetReader.Found> targets;
    private final Function<Target, LockSupport> locks;
    private final Map<String, LockSupport> asked = new HashMap<>();
    private final List<Earlier> earlier = new ArrayList<>();
    private KeepHot keepHot = KeepHot.DEFAULT;
    private String then = "archive";
    private Optional<String> to = Optional.empty();
    private Duration grace = Policy.DEFAULT_GRACE;
    private OutageRule outage = OutageRule.DEFAULT;
    private Optional<Duration> sealAfter = Optional.empty();

    /** Streams that a policy before takes, and where. */
    private record Earlier(String name, StreamMatch match, int line) {}

    /** @param locks asked of targets whose objects are to be locked */
    PolicyReader(
            Capabilities capabilities, Map<String, TargetReader.Found> targets, Function<Target, LockSupport> locks) {
        this.capabilities = capabilities;
        this.targets = targets;
        this.locks = locks;
    }

    Optional<String> defaultTarget() {
        return to;
    }

    /** To be read before the policies. */
    void defaults(Section section) {
        keepHot = keepHot(section.section("keepHot", "How much of a stream the collectors keep."));
        then = section.choice(
                "then", "archive", ACTIONS, "What becomes of a segment beyond keepHot; auto decides for each.");
        to = to(section);
        grace = grace(section);
        outage = outage(section);
        sealAfter = sealAfter(section);
    }

    /** @return empty if no policy can be made of what is there */
    Optional<Policy> policy(Section section) {
        String name = section.parsed(
                "name",
                null,
                "Names the policy in plans, logs, metrics and manifests.",
                "example",
                "1 to 64 characters of A-Z a-z 0-9 _ -",
                Policy::checkedName);
        Section match = section.section("match", "Which streams it is for; * stands for any characters, ? for one.");
        Glob tenant = match.parsed("tenant", "*", "Pattern of the tenant.", Glob.ANY, "a pattern", Glob::new);
        Glob stream = match.parsed("stream", "*", "Pattern of the stream's name.", Glob.ANY, "a pattern", Glob::new);
        Map<String, Glob> labels = match.named(
                "labels",
                "a pattern",
                "Patterns of labels, all of which its events must have: by all blocks of the newest finished segment.",
                Glob::new);
        if (labels.containsKey("")) {
            match.problem("labels", "has a label without a name", "names as agents give them, such as env");
        }
        StreamMatch streams = new StreamMatch(tenant, stream, labels);
        KeepHot hot = keepHot(section.section(
                "keepHot", "How much of a stream the collectors keep; given, it replaces the inherited one whole."));
        String action = section.choice(
                "then", then, ACTIONS, "What becomes of a segment beyond keepHot; auto decides for each.");
        Optional<String> target = to(section);
        Section rule = section.section("archive", "Of policies that archive: how the segments lie there.");
        ArchiveRule archive = archive(rule, section, hot);
        Section schedule = section.section("snapshot", "Of policies that take snapshots; auto takes them if given.");
        Duration every = schedule.duration("every", "24h", "How long after a snapshot the next is due.");
        long keep = schedule.integer("keep", 0, 0, 100_000, "How many snapshots are kept, the newest; 0 for all.");
        Duration keepFor = schedule.duration(
                "keepFor", "0s", "From recording until one is given up that is not the newest. Default: for ever.");
        AutoRule auto = auto(section.section("auto", "Limits of the rows of 'then: auto'."));
        Duration itsGrace = grace(section);
        OutageRule itsOutage = outage(section);
        Optional<Duration> seal = sealAfter(section);

        Policy.Action does = Policy.Action.valueOf(action.toUpperCase(Locale.ROOT));
        boolean usable = true;
        if (does != Policy.Action.TRUNCATE && target.isEmpty()) {
            section.problem(
                    "to", "is missing, here and in defaults", "the target that policy '" + name + "' stores in");
            usable = false;
        }
        refuseForeignSections(section, does, action);
        boolean snapshots = does == Policy.Action.SNAPSHOT || does == Policy.Action.AUTO && section.has("snapshot");
        if (snapshots && every.isZero()) {
            schedule.problem("every", "must be longer than zero", "a duration such as 24h");
        }
        if (schedule.has("keepFor") && keepFor.isZero()) {
            schedule.problem("keepFor", "must be longer than zero", "a duration such as 30d, or no such key");
        }
        Optional<Policy.SnapshotSchedule> takes = snapshots
                ? Optional.of(new Policy.SnapshotSchedule(
                        every, (int) keep, Optional.of(keepFor).filter(given -> !given.isZero())))
                : Optional.empty();
        boolean archives = does == Policy.Action.ARCHIVE || does == Policy.Action.AUTO;
        if (does == Policy.Action.AUTO && snapshots && archive.keep().isPresent()) {
            rule.problem(
                    "keep",
                    "would never come to pass: each snapshot, by the section on line " + section.line("snapshot")
                            + ", refers to all that is archived of its streams",
                    "one of the two");
        }
        refuseContradictions(section, rule, does, archive, hot, itsOutage, archives, takes, target);
        refuseUnreachable(section, new Earlier(name, streams, section.line("match")));
        return !usable
                ? Optional.empty()
                : Optional.of(
                        new Policy(name, streams, hot, does, target, archive, takes, auto, itsGrace, itsOutage, seal));
    }

    private static void refuseForeignSections(Section section, Policy.Action does, String action) {
        String with = "is of no use with 'then: " + action + "'"
                + (section.has("then") ? " on line " + section.line("then") : " of defaults");
        if (section.has("archive") && (does == Policy.Action.TRUNCATE || does == Policy.Action.SNAPSHOT)) {
            section.problem("archive", with, "no archive section, or 'then: archive' or 'then: auto'");
        }
        if (section.has("snapshot") && (does == Policy.Action.TRUNCATE || does == Policy.Action.ARCHIVE)) {
            section.problem(
                    "snapshot",
                    "is for policies with 'then: snapshot' or 'then: auto' and " + with,
                    "no such key with 'then: " + action + "'");
        }
        if (section.has("auto") && does != Policy.Action.AUTO) {
            section.problem("auto", with, "no auto section, or 'then: auto'");
        }
        for (String key : List.of("onArchiveOutage", "outageAfter")) {
            if (section.has(key) && does == Policy.Action.TRUNCATE) {
                section.problem(key, with, "no such key: nothing is stored that could fail");
            }
        }
    }

    private void refuseContradictions(
            Section section,
            Section rule,
            Policy.Action does,
            ArchiveRule archive,
            KeepHot hot,
            OutageRule itsOutage,
            boolean archives,
            Optional<Policy.SnapshotSchedule> takes,
            Optional<String> target) {
        boolean gives = does != Policy.Action.TRUNCATE && itsOutage.behaviour() == OutageRule.Behaviour.TRUNCATE;
        boolean deletes = does == Policy.Action.TRUNCATE
                || archives
                        && (archive.keep().isPresent() || archive.dropBelow().isPresent())
                || takes.filter(Policy.SnapshotSchedule::drops).isPresent()
                || gives;
        if (section.has("grace") && !deletes) {
            section.problem("grace", "has nothing to delay: this policy deletes nothing", "no such key");
        }
        boolean throttles = does != Policy.Action.TRUNCATE && itsOutage.behaviour() == OutageRule.Behaviour.THROTTLE;
        if (throttles && hot.sizeBytes().isEmpty()) {
            section.problem(
                    "onArchiveOutage",
                    "throttle needs keepHot.size, which neither line " + section.line("keepHot") + " nor defaults give",
                    "keepHot.size, the bytes beyond which the stream is not taken");
        }
        if (gives && archive.lock() == Lock.COMPLIANCE) {
            section.problem(
                    "onArchiveOutage",
                    "truncate contradicts 'lock: compliance' on line " + rule.line("lock"),
                    "hold or throttle for what must be kept");
        }
        if (gives && archive.legalHold()) {
            section.problem(
                    "onArchiveOutage",
                    "truncate contradicts 'legalHold: true' on line " + rule.line("legalHold"),
                    "hold or throttle for what must be kept");
        }
        if (archives && archive.guards() && target.isPresent() && targets.containsKey(target.get())) {
            refuseLocksThatNobodyKeeps(rule, archive, target.get());
        }
    }

    private void refuseLocksThatNobodyKeeps(Section rule, ArchiveRule archive, String target) {
        TargetReader.Found found = targets.get(target);
        String key = archive.lock() != Lock.NONE ? "lock" : "legalHold";
        if (found.target() instanceof Target.Directory) {
            rule.problem(
                    key,
                    "cannot be kept by target '" + target + "', a directory by line " + found.line(),
                    "a target of type s3 whose bucket has Object Lock");
            return;
        }
        LockSupport support = asked.computeIfAbsent(target, name -> locks.apply(found.target()));
        if (support.answer() == LockSupport.Answer.NO) {
            rule.problem(
                    key,
                    "cannot be kept by target '" + target + "' of line " + found.line() + ": " + support.why(),
                    "a bucket made with Object Lock");
        }
    }

    private void refuseUnreachable(Section section, Earlier now) {
        for (Earlier before : earlier) {
            if (before.name().equals(now.name())) {
                section.problem(
                        "name",
                        "'" + now.name() + "' is the name of an earlier policy, on line " + before.line(),
                        "each name once");
            } else if (before.match().covers(now.match())) {
                section.problem(
                        "match",
                        "policy '" + before.name() + "' before it, on line " + before.line()
                                + ", takes every such stream",
                        "specific before general");
            }
        }
        earlier.add(now);
    }

    private ArchiveRule archive(Section rule, Section policy, KeepHot hot) {
        Duration keep =
                rule.duration("keep", "0s", "From sealing until the archived copy is deleted. Default: for ever.");
        Lock lock = Lock.valueOf(
                rule.choice("lock", "none", LOCKS, "S3 Object Lock: governance, or compliance, which nobody can lift.")
                        .toUpperCase(Locale.ROOT));
        Duration lockFor = rule.duration("lockFor", "0s", "From sealing until the lock ends. Default: as keep.");
        boolean legalHold = rule.bool("legalHold", false, "S3 legal hold, until a person lifts it in the store.");
        long objectBytes = rule.size("objectSize", "128MiB", "Segments are merged into objects of about this size.");
        String format = rule.choice(
                "format",
                capabilities.coldFormat() ? "cold" : "segment",
                List.of("cold", "segment"),
                "cold recodes segments into columns; segment keeps their bytes.");
        List<String> formats =
                rule.strings("formats", "segment, and delta for a copy in a Delta Lake table. Default: segment alone.");
        Optional<Level> dropBelow = rule.parsed(
                "dropBelow",
                "",
                "Segments all of whose levels are below it are given up; others stay whole. Default: none.",
                Optional.empty(),
                String.join(" | ", LEVELS),
                PolicyReader::level);
        boolean expires = rule.has("keep");
        if (expires && keep.isZero()) {
            rule.problem("keep", "must be longer than zero", "a duration such as 7y, or no such key");
        }
        if (expires
                && !keep.isZero()
                && hot.age().isPresent()
                && keep.compareTo(hot.age().get()) <= 0) {
            rule.problem(
                    "keep",
                    "ends before the segment is archived, by keepHot.age "
                            + Quantity.age(hot.age().get().toMillis())
                            + (policy.has("keepHot") ? " on line " + policy.line("keepHot") : " of defaults"),
                    "longer than keepHot.age: both count from sealing");
        }
        Duration locked = rule.has("lockFor") ? lockFor : keep;
        if (lock == Lock.NONE && rule.has("lockFor")) {
            rule.problem("lockFor", "is of no use without a lock", "lock: governance or compliance beside it");
        } else if (lock != Lock.NONE && locked.isZero()) {
            rule.problem("lock", "does not say for how long", "keep or lockFor beside it");
        } else if (lock != Lock.NONE && expires && keep.compareTo(locked) < 0) {
            rule.problem(
                    "keep",
                    "is shorter than 'lockFor' on line " + rule.line("lockFor") + ", and locked objects cannot go",
                    "at least as long as the lock");
        }
        if (lock != Lock.NONE && locked.compareTo(LONGEST_LOCK) > 0) {
            String key = rule.has("lockFor") ? "lockFor" : "keep";
            rule.problem(key, "is a lock of " + locked.toDays() + " days", "at most 100y, the longest that S3 takes");
        }
        refuseThinning(rule, lock, legalHold, dropBelow);
        if (objectBytes < LEAST_OBJECT_BYTES || objectBytes > GREATEST_OBJECT_BYTES) {
            rule.problem(
                    "objectSize",
                    "'" + Units.bytes(objectBytes) + "' cannot be used",
                    Units.bytes(LEAST_OBJECT_BYTES) + " to " + Units.bytes(GREATEST_OBJECT_BYTES));
        }
        boolean delta = formats(rule, formats);
        refuseWhatIsNotCarriedOut(rule, lock, format, delta);
        boolean locks = lock != Lock.NONE && !locked.isZero();
        return new ArchiveRule(
                expires ? Optional.of(keep) : Optional.empty(),
                locks ? lock : Lock.NONE,
                locks ? Optional.of(locked) : Optional.empty(),
                legalHold,
                objectBytes,
                Format.valueOf(format.toUpperCase(Locale.ROOT)),
                delta,
                dropBelow);
    }

    private static void refuseThinning(Section rule, Lock lock, boolean legalHold, Optional<Level> dropBelow) {
        if (dropBelow.isEmpty()) {
            return;
        }
        if (lock == Lock.COMPLIANCE) {
            rule.problem(
                    "dropBelow",
                    "contradicts 'lock: compliance' on line " + rule.line("lock"),
                    "one of the two: what must be kept is kept whole");
        }
        if (legalHold) {
            rule.problem(
                    "dropBelow",
                    "contradicts 'legalHold: true' on line " + rule.line("legalHold"),
                    "one of the two: what must be kept is kept whole");
        }
    }

    private static Optional<Level> level(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (!LEVELS.contains(text)) {
            throw new IllegalArgumentException(String.join(" | ", LEVELS));
        }
        return Optional.of(Level.valueOf(text));
    }

    private static boolean formats(Section rule, List<String> formats) {
        for (String format : formats) {
            if (!format.equals("segment") && !format.equals("delta")) {
                rule.problem("formats", "'" + format + "' is no format", "segment, delta");
            }
        }
        if (rule.has("formats") && !formats.contains("segment")) {
            rule.problem(
                    "formats",
                    "leaves the segments themselves out: a table cannot be restored from",
                    "segment, or segment and delta");
        }
        return formats.contains("delta");
    }

    private void refuseWhatIsNotCarriedOut(Section rule, Lock lock, String format, boolean delta) {
        String not = "is not carried out by this archiver yet";
        if (!capabilities.merging() && rule.has("objectSize")) {
            rule.problem("objectSize", not, "no such key: each segment is an object of its own");
        }
        if (!capabilities.coldFormat() && format.equals("cold")) {
            rule.problem("format", "cold " + not, "segment");
        }
        if (!capabilities.delta() && delta) {
            rule.problem("formats", "delta " + not, "[segment]");
        }
        if (!capabilities.objectLock() && lock != Lock.NONE) {
            rule.problem("lock", not, "none; a bucket's own default retention locks what is stored in it");
        }
        if (!capabilities.objectLock() && rule.has("legalHold")) {
            rule.problem("legalHold", not, "no such key");
        }
    }

    private static AutoRule auto(Section section) {
        long files = section.integer(
                "files", AutoRule.DEFAULT.files(), 1, 1_000_000, "Sealed segments of a stream, more of which go.");
        int ratio = permille(
                section,
                "ratio",
                "0.25",
                1,
                10_000,
                "A stream's hot bytes to its archived bytes; more of the hot ones go.");
        int amplification = permille(
                section,
                "writeAmplification",
                "2.0",
                1_000,
                1_000_000,
                "Bytes written and billed to bytes archived; above it, what is in no hurry waits to be worth an object.");
        long diskFree =
                section.size("diskFree", "1GiB", "Free space on some collector; below it, everything sealed goes.");
        Optional<LocalTime> schedule = section.parsed(
                "schedule",
                "",
                "Time of day, UTC, at which everything sealed before it goes. Default: none.",
                Optional.empty(),
                "a time of day such as 03:00",
                PolicyReader::timeOfDay);
        Duration read = section.duration(
                "read",
                "1h",
                "What was read from the collectors stays so long, unless age, size or disks say no; 0s: no.");
        return new AutoRule((int) files, ratio, amplification, diskFree, schedule, read);
    }

    private static int permille(
            Section section, String key, String fallback, int least, int greatest, String explanation) {
        String expected = "a number from " + number(least) + " to " + number(greatest) + " such as " + fallback;
        int placeholder = new BigDecimal(fallback).movePointRight(3).intValueExact();
        return section.parsed(key, fallback, explanation, placeholder, expected, text -> {
            if (!text.matches("[0-9]{1,4}([.][0-9]{1,3})?")) {
                throw new IllegalArgumentException(expected);
            }
            int value = new BigDecimal(text).movePointRight(3).intValueExact();
            if (value < least || value > greatest) {
                throw new IllegalArgumentException(expected);
            }
            return value;
        });
    }

    private static String number(int permille) {
        return BigDecimal.valueOf(permille, 3).stripTrailingZeros().toPlainString();
    }

    private static Optional<LocalTime> timeOfDay(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(LocalTime.parse(text));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("a time of day such as 03:00", e);
        }
    }

    private KeepHot keepHot(Section section) {
        Duration age = section.duration(
                "age", "72h", "Segments sealed this long ago are acted on; 0s acts on every sealed one.");
        long size = section.size(
                "size",
                "20GiB",
                "Segments of a stream that do not fit in this, newest first, are acted on. Default: none.");
        if (!section.has("age") && !section.has("size")) {
            return keepHot;
        }
        return new KeepHot(
                section.has("age") ? Optional.of(age) : Optional.empty(),
                section.has("size") ? OptionalLong.of(size) : OptionalLong.empty());
    }

    private Optional<String> to(Section section) {
        Optional<String> given = section.parsed(
                "to",
                "",
                "Name of the target for objects and for the record of what was done.",
                Optional.of("example"),
                "text",
                name -> {
                    if (!name.isEmpty() && !targets.containsKey(name)) {
                        throw new IllegalArgumentException("no target; expected one of " + targets.keySet());
                    }
                    return Optional.of(name);
                });
        return section.has("to") ? given : to;
    }

    private Duration grace(Section section) {
        Duration given = section.duration(
                "grace",
                "24h",
                "From the mark of a deletion until it is done, to be undone meanwhile; 0s for at once.");
        return section.has("grace") ? given : grace;
    }

    private OutageRule outage(Section section) {
        String behaviour = section.choice(
                "onArchiveOutage",
                "hold",
                OUTAGES,
                "While the target fails: hold keeps segments hot, throttle takes no more of the stream beyond keepHot.size,"
                        + " truncate gives up what is due and declares it.");
        Duration after =
                section.duration("outageAfter", "15m", "How long nothing but failures of the target makes an outage.");
        return new OutageRule(
                section.has("onArchiveOutage")
                        ? OutageRule.Behaviour.valueOf(behaviour.toUpperCase(Locale.ROOT))
                        : outage.behaviour(),
                section.has("outageAfter") ? after : outage.after());
    }

    private Optional<Duration> sealAfter(Section section) {
        Duration age = section.duration(
                "sealAfter",
                "1h",
                "Asks the collectors to seal segments begun this long ago. Default: none, they seal by their own limits.");
        return section.has("sealAfter") ? Optional.of(age) : sealAfter;
    }
}
