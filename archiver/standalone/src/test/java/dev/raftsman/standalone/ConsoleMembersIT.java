package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The console of a cluster whose collectors ask for a token, and of which one dies: in a real browser. */
class ConsoleMembersIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String TOKEN = "s3cret-of-readers";
    private static final String DYING = ClusterFiles.node(2);

    @TempDir
    static Path directory;

    private static LocalCluster cluster;
    private static ClusterFiles files;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Browser.isInstalled(), "skipped: neither chromium nor chromedriver is installed in /usr/bin");
        files = new ClusterFiles(directory.resolve("data"), 3);
        files.writeCollectors("64MiB", "10h");
        for (int node = 1; node <= files.nodes(); node++) {
            Path conf = files.conf(ClusterFiles.node(node));
            String door = "http: {listen: " + ClusterFiles.quoted(files.http(node));
            Files.writeString(conf, Files.readString(conf).replace(door, door + ", token: " + TOKEN));
        }
        cluster = new LocalCluster(files);
        cluster.startCollectors();
        cluster.awaitCollectors(LIMIT);
        browser = new Browser(URI.create("http://" + files.http(1) + "/console/"), directory.resolve("profile"));
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void asksForTheTokenUntilItIsTheRightOneThenShowsTheOtherMembersAndGoesOnWhenOneDies() throws Exception {
        browser.load("overview");
        browser.awaitText("#ask[open]", "This collector asks for a token");
        browser.keys(Keys.ESCAPE);
        browser.keys(Keys.ESCAPE);
        browser.awaitText("#ask[open]", "This collector asks for a token");
        browser.type("#ask-token", "wrong");
        browser.keys(Keys.ENTER);
        browser.awaitText("#ask-wrong", "The collector does not take this token.");
        assertThat(browser.script("return document.querySelector('.nodes') === null"
                        + " || !document.querySelector('.nodes').textContent.includes('collector-')"))
                .isEqualTo(true);
        browser.type("#ask-token", "gr\u00fc\u00df");
        browser.keys(Keys.ENTER);
        browser.awaitText("#ask-wrong", "A token has visible ASCII characters only.");
        assertThat(browser.complaints()).isNotEmpty().allMatch(what -> what.contains("401 (Unauthorized)"));

        browser.type("#ask-token", TOKEN);
        browser.keys(Keys.ENTER);
        browser.awaitText("#look", "Nothing needs a person");
        browser.awaitText(".nodes", "collector-1", "collector-2", "collector-3", "leader", "follower");
        assertThat(browser.script("return document.getElementById('ask').open")).isEqualTo(false);
        assertThat(browser.requests())
                .isNotEmpty()
                .noneMatch(uri -> uri.toString().contains(TOKEN));
        // The tab keeps it.
        browser.open("overview");
        browser.awaitText(".nodes", "collector-3");
        assertThat(browser.script("return document.getElementById('ask').open")).isEqualTo(false);

        cluster.collector(2).kill();
        browser.awaitText("#health", DYING + " does not answer");
        browser.awaitText(".troubles", DYING + " (" + files.http(2) + ")");
        browser.awaitText(".nodes tr.dead", DYING, "no answer");
        String then = browser.element("#asof").getText();
        browser.until(
                "a later overview", d -> !browser.element("#asof").getText().equals(then));
        assertThat(browser.script("return document.getElementById('asof').className"))
                .isEqualTo("");
        for (String view : List.of("streams", "agents", "retention", "audit", "read")) {
            browser.open(view);
            browser.awaitText("#health", DYING + " does not answer");
        }

        cluster.startCollector(2);
        browser.open("overview");
        browser.awaitText("#look", "Nothing needs a person");
        assertThat(browser.complaints()).isEmpty();
    }
}
