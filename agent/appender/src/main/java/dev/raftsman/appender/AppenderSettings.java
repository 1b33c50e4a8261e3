package dev.raftsman.appender;

import dev.raftsman.config.Units;
import dev.raftsman.event.Level;
import dev.raftsman.event.Names;
import dev.raftsman.ring.FullPolicy;
import dev.raftsman.ring.RingSettings;
import dev.raftsman.ring.SyncPolicy;
import dev.raftsman.wal.WalSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * How an appender of any framework is set up, checked.
 *
 * @param directory below it every incarnation of the application has a directory of its own
 * @param syncLevel events from this level on wait until they are forced; null: none does for its level
 * @param syncMarker events with this marker wait until they are forced; null: none does for its marker
 * @param callerData whether the calling class and line are looked up
 */
public record AppenderSettings(
        String app,
        String stream,
        String tenant,
        Path directory,
        Level syncLevel,
        String syncMarker,
        boolean callerData,
        RingSettings ring,
        WalSettings wal) {

    /** Of {@code sync: never}: the log's own thread comes by once in a long while. */
    private static final Duration NEVER = Duration.ofDays(365);

    /** More memory than anybody wants to lend to a log, and as much as one buffer has: 1 KiB each. */
    private static final int MAX_SLOTS = 1 << 20;

    private static final String ONE_OF = "one of ";

    /** The settings as a framework hands them over: texts, some of which may be wrong. Not thread-safe. */
    public static final class Texts {
        private final Map<Setting, String> texts = new EnumMap<>(Setting.class);

        /** Null or blank: not given. */
        public Texts put(Setting setting, String text) {
            if (text == null || text.isBlank()) {
                texts.remove(setting);
            } else {
                texts.put(setting, text.trim());
            }
            return this;
        }

        /** @throws InvalidSettingsException with every problem there is */
        public AppenderSettings check() {
            return new Check(texts).settings();
        }
    }

    private static final class Check {
        private final Map<Setting, String> texts;
        private final List<String> problems = new ArrayList<>();

        Check(Map<Setting, String> texts) {
            this.texts = texts;
        }

        AppenderSettings settings() {
            String app = required(Setting.APP, Names::name);
            Path directory = required(Setting.DIRECTORY, Path::of);
            String stream = optional(Setting.STREAM, Names::name);
            String tenant = parsed(Setting.TENANT, Names::tenant);
            FullPolicy whenFull = parsed(Setting.WHEN_FULL, text -> choice(text, FullPolicy.values()));
            Duration maxBlock = parsed(Setting.MAX_BLOCK, Units::duration);
            SyncPolicy sync = parsed(Setting.SYNC, text -> choice(text, SyncPolicy.values()));
            Duration interval = parsed(Setting.SYNC_INTERVAL, Check::positive);
            Level syncLevel = parsed(Setting.SYNC_LEVEL, Check::level);
            Long quota = parsed(Setting.QUOTA, Units::bytes);
            Long reserve = parsed(Setting.RESERVE, Units::bytes);
            Integer slots = parsed(Setting.SLOTS, Check::slots);
            Boolean callerData = parsed(Setting.CALLER_DATA, Check::yesOrNo);
            WalSettings wal = quota == null ? null : parsed(Setting.QUOTA, text -> WalSettings.ofQuota(quota));
            if (!problems.isEmpty()) {
                throw new InvalidSettingsException(problems);
            }
            return new AppenderSettings(
                    app,
                    stream == null ? app : stream,
                    tenant,
                    directory,
                    syncLevel == Level.UNPARSED ? null : syncLevel,
                    texts.get(Setting.SYNC_MARKER),
                    callerData,
                    RingSettings.DEFAULTS
                            .withSlots(slots)
                            .withPolicies(whenFull, sync)
                            .withMaxBlock(maxBlock),
                    wal.withReserveBytes(reserve).withForceInterval(sync == SyncPolicy.NEVER ? NEVER : interval));
        }

        private <T> T required(Setting setting, Function<String, T> parser) {
            if (!texts.containsKey(setting)) {
                problems.add(setting.key() + ": missing; expected " + setting.expected());
            }
            return optional(setting, parser);
        }

        private <T> T optional(Setting setting, Function<String, T> parser) {
            return texts.containsKey(setting) ? parsed(setting, parser) : null;
        }

        /** @return null if the text is none of this kind, which is then among the problems */
        private <T> T parsed(Setting setting, Function<String, T> parser) {
            String text = texts.getOrDefault(setting, setting.defaultText().orElse(""));
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException wrong) {
                problems.add(setting.key() + ": '" + text + "'; expected " + expected(wrong));
                return null;
            }
        }

        private static String expected(IllegalArgumentException wrong) {
            String message = String.valueOf(wrong.getMessage());
            int at = message.indexOf("; expected ");
            return at < 0 ? message : message.substring(at + "; expected ".length());
        }

        private static <E extends Enum<E>> E choice(String text, E[] choices) {
            StringBuilder names = new StringBuilder(ONE_OF);
            for (E choice : choices) {
                String name = choice.name().toLowerCase(Locale.ROOT);
                if (name.equals(text.toLowerCase(Locale.ROOT))) {
                    return choice;
                }
                names.append(names.length() == ONE_OF.length() ? "" : ", ").append(name);
            }
            throw new IllegalArgumentException(names.toString());
        }

        /** @return {@link Level#UNPARSED} for OFF: no event of an application has it */
        private static Level level(String text) {
            String name = text.toUpperCase(Locale.ROOT);
            if (name.equals("OFF")) {
                return Level.UNPARSED;
            }
            for (Level level : Level.values()) {
                if (level != Level.UNPARSED && level.name().equals(name)) {
                    return level;
                }
            }
            throw new IllegalArgumentException(Setting.SYNC_LEVEL.expected());
        }

        private static Duration positive(String text) {
            Duration duration = Units.duration(text);
            if (duration.isZero()) {
                throw new IllegalArgumentException("more than 0ms");
            }
            return duration;
        }

        private static int slots(String text) {
            int slots;
            try {
                slots = Integer.parseInt(text);
            } catch (NumberFormatException noNumber) {
                slots = 0;
            }
            if (Integer.bitCount(slots) != 1 || slots < 2 || slots > MAX_SLOTS) {
                throw new IllegalArgumentException("a power of two, 2 to " + MAX_SLOTS);
            }
            return slots;
        }

        private static boolean yesOrNo(String text) {
            if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
                return text.equalsIgnoreCase("true");
            }
            throw new IllegalArgumentException("true or false");
        }
    }
}
