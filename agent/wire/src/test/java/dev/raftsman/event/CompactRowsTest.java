package dev.raftsman.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompactRowsTest {
    private static final int SCRATCH = 1 << 16;

    private final NameTable names = new NameTable();
    private final RowBatch batch = new RowBatch(names, 256 << 10, 1 << 20);
    private final RowWriter writer = new RowWriter(names);
    private final byte[] scratch = new byte[SCRATCH];
    private final CompactRows rows = new CompactRows();

    private record Event(
            long time,
            Level level,
            String logger,
            String thread,
            String message,
            String throwable,
            Map<String, String> attributes,
            boolean truncated) {}

    private RowWriter begin() {
        return begin(Level.INFO, 1, RowWriter.UNCUT);
    }

    private RowWriter begin(Level level, long time, int maxChars) {
        return writer.begin(scratch, 0, SCRATCH, level, time, maxChars);
    }

    private void endInto() {
        assertThat(batch.add(scratch, 0, writer.end())).isTrue();
    }

    private List<Event> read() {
        List<Event> events = new ArrayList<>();
        rows.begin(batch.definitions());
        ByteBuffer body = batch.rows();
        EventRow row = new EventRow();
        int offset = body.position();
        while (offset < body.limit()) {
            offset = rows.expand(body, offset, body.limit());
            row.wrap(rows.row(), 0, rows.length());
            Map<String, String> attributes = new LinkedHashMap<>();
            row.forEachAttribute((key, keyLength, value, valueLength) ->
                    attributes.put(row.text(key, keyLength), row.text(value, valueLength)));
            events.add(new Event(
                    row.timestampNanos(),
                    Level.ofCode(row.level()),
                    row.logger(),
                    row.thread(),
                    row.message(),
                    row.throwable(),
                    attributes,
                    row.truncated()));
        }
        assertThat(events).hasSize(batch.count());
        return events;
    }

    private Event only() {
        endInto();
        return read().get(0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void givesEveryEventBackAsItWas(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 5; round++) {
            batch.clear();
            List<Event> offered = new ArrayList<>();
            for (int i = 1 + random.nextInt(300); i > 0; i--) {
                offered.add(write(random));
                endInto();
            }
            assertThat(read()).as("seed %d", seed).isEqualTo(offered);
        }
    }

    private Event write(SplittableRandom random) {
        long time = random.nextLong();
        Level level = Level.ofCode(random.nextInt(5));
        String logger = random.nextInt(9) == 0 ? "L".repeat(600) : "logger-é-" + random.nextInt(5000);
        String thread = random.nextInt(9) == 0 ? "" : "t" + random.nextInt(3);
        begin(level, time, RowWriter.UNCUT).logger(logger).thread(thread);
        String message = random.nextBoolean() ? writeMessage(random) : writePattern(random);
        String throwable = random.nextInt(4) == 0 ? "java.lang.Error: " + text(random) : "";
        writer.throwable(throwable.isEmpty() ? null : throwable);
        Map<String, String> attributes = new LinkedHashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            String key = random.nextInt(9) == 0 ? "k".repeat(700) : "key" + random.nextInt(40);
            String value = text(random);
            if (attributes.putIfAbsent(key, value) == null) {
                writer.attribute(key, value);
            }
        }
        return new Event(time, level, logger, thread, message, throwable, attributes, false);
    }

    private String writeMessage(SplittableRandom random) {
        String message = text(random);
        writer.message(message);
        return message;
    }

    private String writePattern(SplittableRandom random) {
        int holes = random.nextInt(6);
        String end = " end " + random.nextInt(30);
        writer.pattern("€ {} after".repeat(holes) + end);
        int arguments = random.nextInt(8);
        StringBuilder message = new StringBuilder();
        for (int i = 0; i < Math.max(holes, arguments); i++) {
            String put = "{}";
            if (i < arguments && random.nextBoolean()) {
                long number = random.nextLong() >> random.nextInt(63);
                writer.argument(number);
                put = Long.toString(number);
            } else if (i < arguments) {
                put = text(random);
                writer.argument(put);
            }
            if (i < holes) {
                message.append("€ ").append(put).append(" after");
            }
        }
        return message + end;
    }

    private static String text(SplittableRandom random) {
        String[] pieces = {"plain ", "é", "€", "\uD83D\uDE00", "\n", "{}", "x".repeat(126), ""};
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "'{} and {}', 'a|b|c', 'a and b'",
        "'{} and {}', 'a', 'a and {}'",
        "'{}{}', '{}|b', '{}b'",
        "'none', 'a', 'none'",
        "'{ } {', 'a', '{ } {'",
        "'', 'a', ''"
    })
    void putsArgumentsInPlaceOfTheFirstPlaceholders(String pattern, String arguments, String message) {
        begin().pattern(pattern);
        for (String argument : arguments.split("\\|")) {
            writer.argument(argument);
        }
        assertThat(only().message()).isEqualTo(message);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 9, 10, -1, 99, 100, -100, Long.MAX_VALUE, Long.MIN_VALUE, 1_000_000_000_000_000_000L})
    void writesNumbersAsTheirDigits(long number) {
        begin().pattern("{}").argument(number);
        assertThat(only().message()).isEqualTo(Long.toString(number));
    }

    @Test
    void whatIsLeftOutIsEmpty() {
        begin();
        assertThat(only()).isEqualTo(new Event(1, Level.INFO, "", "", "", "", Map.of(), false));
    }

    @Test
    void aLoneSurrogateBecomesTheReplacementCharacter() {
        begin().message("a\uD800b\uD83D\uDE00");
        assertThat(only().message()).isEqualTo("a\uFFFDb\uD83D\uDE00");
    }

    @Test
    void namesAreDefinedOncePerBatchAndAgainInTheNext() {
        for (int round = 0; round < 2; round++) {
            batch.clear();
            for (int i = 0; i < 100; i++) {
                begin().logger("shop.Orders")
                        .thread("main")
                        .pattern("order {} taken")
                        .argument(i)
                        .attribute("user", "u");
                endInto();
            }
            assertThat(batch.definitions().remaining()).isEqualTo("shop.Ordersmainorder {} takenuser".length() + 4 * 4);
            assertThat(read()).hasSize(100);
        }
    }

    @Test
    void moreNamesThanTheTableTakesAreWrittenInFull() {
        for (int i = 0; i < 3000; i++) {
            batch.clear();
            begin().logger("logger").thread("request-" + i).message("m");
            assertThat(only().thread()).isEqualTo("request-" + i);
        }
        assertThat(names.id(NameTable.Kind.THREAD, "another")).isEqualTo(NameTable.NONE);
        assertThat(names.id(NameTable.Kind.LOGGER, "another logger")).isNotEqualTo(NameTable.NONE);
    }

    @Test
    void aRowThatDoesNotFitIsNotCutButSaysSo() {
        int whole =
                begin().logger("l").message("x".repeat(50)).attribute("k", "é").end();
        for (int room = 0; room < whole; room++) {
            writer.begin(scratch, 0, room, Level.INFO, 1, RowWriter.UNCUT);
            assertThat(writer.logger("l")
                            .message("x".repeat(50))
                            .attribute("k", "é")
                            .end())
                    .as("room for %d", room)
                    .isEqualTo(RowWriter.OVERFLOW);
        }
    }

    @Test
    void aCutMessageIsMarkedAndLeavesTheLengthAndHashOfTheWhole() throws Exception {
        String whole = "7 é" + "y".repeat(500) + " end";
        begin(Level.INFO, 1, 100)
                .pattern("{} é{} end")
                .argument(7)
                .argument("y".repeat(500))
                .attribute("k", "v");
        Event event = only();
        assertThat(event.truncated()).isTrue();
        assertThat(event.message()).isEqualTo(whole.substring(0, 100));
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(whole.getBytes(StandardCharsets.UTF_8));
        assertThat(event.attributes())
                .containsEntry("k", "v")
                .containsEntry("raftsman.uncut.chars", Integer.toString(whole.length()))
                .containsEntry("raftsman.uncut.sha256", HexFormat.of().formatHex(hash));
    }

    @Test
    void attributesBeyondTheLimitAreLeftOutAndTheRowIsMarked() {
        begin().message("m");
        for (int i = 0; i <= RowWriter.MAX_ATTRIBUTES; i++) {
            writer.attribute("k" + i, "v");
        }
        Event event = only();
        assertThat(event.attributes()).hasSize(RowWriter.MAX_ATTRIBUTES);
        assertThat(event.truncated()).isTrue();
    }

    @Test
    void aFullBatchTakesNoMoreAndAnEmptyOneTakesALargeRowAlone() {
        RowBatch small = new RowBatch(names, 1000, 4000);
        int length = begin().message("x".repeat(900)).end();
        assertThat(small.add(scratch, 0, length)).isTrue();
        assertThat(small.add(scratch, 0, length)).isFalse();
        small.clear();
        assertThat(small.add(scratch, 0, begin().message("x".repeat(3000)).end()))
                .isTrue();
        small.clear();
        assertThat(small.add(scratch, 0, begin().message("x".repeat(5000)).end()))
                .isFalse();
        assertThat(small.count()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedRowsAreRefusedNeverReadBeyond(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        write(random);
        endInto();
        ByteBuffer definitions = copy(batch.definitions());
        ByteBuffer body = copy(batch.rows());
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            boolean inNames = definitions.hasRemaining() && random.nextInt(4) == 0;
            ByteBuffer damaged = copy(inNames ? definitions : body);
            damaged.put(random.nextInt(damaged.limit()), (byte) random.nextInt());
            try {
                rows.begin(inNames ? damaged : definitions);
                rows.expand(inNames ? body : damaged, 0, body.limit());
                new EventRow().wrap(rows.row(), 0, rows.length());
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("offset");
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void aNumberThatTheBatchDoesNotDefineIsRefused() {
        begin().logger("somebody").message("m");
        endInto();
        rows.begin(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN));
        ByteBuffer body = batch.rows();
        assertThatThrownBy(() -> rows.expand(body, 0, body.limit()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not defined");
    }

    private static ByteBuffer copy(ByteBuffer buffer) {
        ByteBuffer copy = ByteBuffer.allocate(buffer.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        return copy.put(buffer.duplicate()).flip();
    }
}
