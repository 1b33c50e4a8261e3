package dev.raftsman.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.SampleText.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against a naive search with the expressions of Java. */
class BlockSearchModelTest {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_130L);
    private static final int ROUNDS = 120;

    /** Between a letter of ASCII and none, as RE2 has it. */
    private static final String WORD_EDGE = "(?:(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))";

    private final Random random = new Random(SEED);

    private static final String[] PATTERNS = {
        "order",
        "er",
        "4711",
        "imeout",
        "20261130",
        "a",
        " ",
        "order 4711",
        "é",
        "naïve",
        "Straße",
        "kiosk",
        "_",
        "der-47",
        "=",
        "rorder"
    };
    private static final String[] REGEXES = {
        "ord(er)?s",
        "^order",
        "order$",
        "4[0-9]+1",
        "time.*out|47",
        "[a-z]+é",
        "k+iosk",
        "o.d\\.?er",
        "(a|_)b*",
        "x?er s*"
    };

    private Query.Text text() {
        boolean regex = random.nextInt(3) == 0;
        String[] from = regex ? REGEXES : PATTERNS;
        return new Query.Text(from[random.nextInt(from.length)], regex, random.nextBoolean(), random.nextInt(4) == 0);
    }

    private static Predicate<String> model(Query.Text text) {
        int flags = text.ignoringCase() ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0;
        String regex = text.regex() ? text.pattern() : Pattern.quote(text.pattern());
        boolean ascii = text.pattern().chars().allMatch(c -> c < 0x80);
        if (text.wholeWords()) {
            boolean bytes = !text.regex() && !(text.ignoringCase() && !ascii);
            regex = bytes
                    ? "(?<![A-Za-z0-9_\\u0080-\\uffff])" + regex + "(?![A-Za-z0-9_\\u0080-\\uffff])"
                    : WORD_EDGE + "(?:" + regex + ")" + WORD_EDGE;
        }
        return Pattern.compile(regex, flags).asPredicate();
    }

    private Query query(List<Query.Text> texts, List<Query.Field> fields) {
        Level level = random.nextInt(3) == 0 ? Level.values()[random.nextInt(5)] : null;
        long from = random.nextInt(3) == 0 ? SampleText.NANOS + random.nextInt(1_000) : Long.MIN_VALUE;
        long to = random.nextInt(3) == 0 ? Math.max(from, SampleText.NANOS + random.nextInt(1_000)) : Long.MAX_VALUE;
        return new Query(texts, random.nextInt(4) == 0, level, from, to, fields);
    }

    private List<Query.Text> texts() {
        List<Query.Text> texts = new ArrayList<>();
        for (int left = 1 + random.nextInt(2); left > 0; left--) {
            texts.add(text());
        }
        return texts;
    }

    private static List<String> found(Query query, Block block) throws IOException {
        List<String> items = new ArrayList<>();
        try (BlockSearch search = new BlockSearch(query, Keep.MATCHES);
                BlockSearch count = new BlockSearch(query, Keep.COUNT);
                BlockSearch all = new BlockSearch(query, Keep.ALL)) {
            Found found = search.search(block);
            for (int i = 0; found != null && i < found.count(); i++) {
                items.add(item(found, i));
            }
            Found counted = count.search(block);
            assertThat(counted == null ? 0 : counted.matches()).isEqualTo(items.size());
            Found everything = all.search(block);
            List<String> marked = new ArrayList<>();
            for (int i = 0; i < everything.count(); i++) {
                if (everything.isMatch(i)) {
                    marked.add(item(everything, i));
                }
            }
            assertThat(everything.count()).isEqualTo(block.count());
            assertThat(marked).isEqualTo(items);
        }
        return items;
    }

    private static String item(Found found, int item) {
        if (found.kind() == dev.raftsman.block.BlockKind.LINES) {
            String line = new String(found.array(), found.offset(item), found.length(item), StandardCharsets.UTF_8);
            return found.sequence(item) + ":" + line + (found.isTerminated(item) ? "" : " unterminated");
        }
        return found.sequence(item) + ":" + found.row(item, new EventRow()).message();
    }

    @Test
    void findsTheLinesThatANaiveSearchFinds() throws IOException {
        int matches = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<String> lines = SampleText.lines(random, 1 + random.nextInt(12));
            if (lines.get(lines.size() - 1).isEmpty()) {
                lines.set(lines.size() - 1, "end");
            }
            boolean terminated = random.nextBoolean();
            String host = random.nextBoolean() ? "h1" : "h2";
            Block block = SampleText.lineBlock(lines, 100, Map.of("host", host), terminated);
            List<Query.Field> fields = random.nextInt(3) == 0 ? List.of(new Query.Field("host", "h1")) : List.of();
            Query query = query(texts(), fields);
            boolean possible = query.leastLevel() == null
                    && query.mayBeAt(block.minTimeNanos(), block.maxTimeNanos())
                    && (fields.isEmpty() || host.equals("h1"));
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                boolean in = query.texts().stream().allMatch(text -> model(text).test(line));
                if (possible && in != query.inverted()) {
                    boolean cut = !terminated && i == lines.size() - 1;
                    expected.add((100 + i) + ":" + line + (cut ? " unterminated" : ""));
                }
            }
            assertThat(found(query, block))
                    .as("seed %d, round %d: %s in %s", SEED, round, query, lines)
                    .isEqualTo(expected);
            matches += expected.size();
        }
        assertThat(matches).isGreaterThan(ROUNDS);
    }

    @Test
    void findsTheEventsThatANaiveSearchFinds() throws IOException {
        int matches = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<Event> events = SampleText.events(random, 1 + random.nextInt(12));
            Block block = SampleText.eventBlock(events, 7);
            List<Query.Field> fields = new ArrayList<>();
            if (random.nextInt(4) == 0) {
                Event like = events.get(random.nextInt(events.size()));
                fields.add(
                        like.user() != null
                                ? new Query.Field("user", like.user())
                                : new Query.Field("logger", like.logger()));
            }
            Query query = query(texts(), fields);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < events.size(); i++) {
                if (matches(query, events.get(i))) {
                    expected.add((7 + i) + ":" + events.get(i).message());
                }
            }
            assertThat(found(query, block))
                    .as("seed %d, round %d: %s in %s", SEED, round, query, events)
                    .isEqualTo(expected);
            matches += expected.size();
        }
        assertThat(matches).isGreaterThan(ROUNDS / 2);
    }

    private static boolean matches(Query query, Event event) {
        boolean in = query.texts().stream()
                .allMatch(text -> model(text).test(event.message())
                        || !event.throwable().isEmpty() && model(text).test(event.throwable()));
        boolean ofFields = query.fields().stream()
                .allMatch(field -> field.value().equals(field.name().equals("user") ? event.user() : event.logger()));
        return in != query.inverted()
                && ofFields
                && event.nanos() >= query.fromNanos()
                && event.nanos() <= query.toNanos()
                && (query.leastLevel() == null || event.level().compareTo(query.leastLevel()) >= 0);
    }

    @Test
    void whatAnExpressionRequiresIsInAllThatItMatches() {
        for (String regex : REGEXES) {
            Pattern pattern = Pattern.compile(regex);
            List<String> required = RequiredTexts.of(regex, false);
            for (int round = 0; round < 300; round++) {
                String text = SampleText.text(random, 8);
                if (pattern.matcher(text).find()) {
                    assertThat(required).as("seed %d: %s", SEED, regex).allMatch(text::contains);
                }
            }
        }
        assertThat(RequiredTexts.of("order [0-9]+ took \\d+ms\\.", false)).containsExactly("order ", " took ", "ms.");
        assertThat(RequiredTexts.of("colou?r", false)).containsExactly("colo", "r");
        assertThat(RequiredTexts.of("a|b", false)).isEmpty();
        assertThat(RequiredTexts.of("(?i)order", false)).isEmpty();
        assertThat(RequiredTexts.of("\\Qa|b\\E", false)).isEmpty();
        assertThat(RequiredTexts.of("kiosk", true)).containsExactly("io");
    }
}
