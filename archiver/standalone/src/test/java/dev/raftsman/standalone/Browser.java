package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium without a window, which tells what it asked for and what it complained about. One thread. */
final class Browser implements AutoCloseable {
    private static final File CHROMIUM = new File("/usr/bin/chromium");
    private static final File DRIVER = new File("/usr/bin/chromedriver");
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChromeDriver driver;
    private final URI page;
    private final String axe;

    /** Whether there is one on this machine. */
    static boolean isInstalled() {
        return CHROMIUM.canExecute() && DRIVER.canExecute();
    }

    /** @param profile a directory of this browser's own */
    Browser(URI page, Path profile) throws IOException {
        this.page = page;
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--no-proxy-server",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1360,900",
                "--user-data-dir=" + profile);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, java.util.logging.Level.ALL);
        logs.enable(LogType.PERFORMANCE, java.util.logging.Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER)
                        .withSilent(true)
                        .build(),
                options);
        driver.manage().timeouts().scriptTimeout(Duration.ofSeconds(60));
        try (InputStream in = Browser.class.getResourceAsStream("/axe.min.js")) {
            axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Loads a view anew and waits until it is there. */
    void open(String view) {
        load(view);
        element("main h1");
    }

    /** Loads a view anew. */
    void load(String view) {
        driver.get("about:blank");
        driver.get(page + "#/" + view);
    }

    /** The texts of those elements that are shown and have no room for all of it. */
    List<?> cut(String css) {
        return (List<?>) driver.executeScript(
                "return [...document.querySelectorAll(arguments[0])].filter(e => e.offsetParent && e.scrollWidth > e.clientWidth)"
                        + ".map(e => e.textContent)",
                css);
    }

    /** As the one who looks is known by the browser: a phone, dark rooms, no animations. */
    void emulate(int width, int height, String colours) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colours))));
    }

    /** The first that is there and shown; waits for one. */
    WebElement element(String css) {
        return await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(
                        WebDriverException.class) // not there yet, or drawn anew: the last such call counts
                .until(
                        () -> driver.findElements(By.cssSelector(css)).stream()
                                .filter(WebElement::isDisplayed)
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
    }

    void click(String css) {
        element(css).click();
    }

    /** What is shown of the page's main part. */
    String text() {
        return driver.findElement(By.id("main")).getText();
    }

    /** Waits until it is shown. */
    void awaitText(String css, String... parts) {
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(
                        WebDriverException.class) // not there yet, or drawn anew: the last such call counts
                .untilAsserted(
                        () -> assertThat(driver.findElement(By.cssSelector(css)).getText())
                                .contains(parts));
    }

    void keys(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    void type(String css, String text) {
        WebElement field = element(css);
        field.sendKeys(Keys.chord(Keys.CONTROL, "a"), text);
    }

    Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    <T> T until(String what, Function<ChromeDriver, T> look) {
        return Awaitility.await(what)
                .atMost(LIMIT)
                .ignoreExceptions()
                .until(() -> look.apply(driver), found -> found != null && !Boolean.FALSE.equals(found));
    }

    /** What keeps people from using the page, as far as axe finds it: serious and critical. */
    List<String> barriers() throws IOException {
        driver.executeScript(axe);
        String found = (String)
                driver.executeAsyncScript("const done = arguments[0]; axe.run(document, {resultTypes: ['violations']})"
                        + ".then(r => done(JSON.stringify(r.violations)), e => done(JSON.stringify([{id: String(e),"
                        + " impact: 'critical', nodes: []}])));");
        List<String> barriers = new ArrayList<>();
        for (JsonNode violation : JSON.readTree(found)) {
            if (List.of("serious", "critical").contains(violation.path("impact").asText())) {
                for (JsonNode node : violation.path("nodes")) {
                    barriers.add(violation.path("id").asText() + ": "
                            + node.path("html").asText() + " "
                            + node.path("failureSummary").asText());
                }
                if (violation.path("nodes").isEmpty()) {
                    barriers.add(violation.path("id").asText());
                }
            }
        }
        return barriers;
    }

    /** What it complained about since the last call. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** Addresses that it asked for since the last call. */
    List<URI> requests() throws IOException {
        List<URI> requests = new ArrayList<>();
        for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE).getAll()) {
            JsonNode message = JSON.readTree(entry.getMessage()).path("message");
            String url = message.path("params").path("request").path("url").asText();
            if (message.path("method").asText().equals("Network.requestWillBeSent") && url.startsWith("http")) {
                requests.add(URI.create(url));
            }
        }
        return requests;
    }

    void picture(Path file) throws IOException {
        Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
