package dev.raftsman.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FragmentsTest {
    private static final List<String> LISTS = List.of("inputs", "wal.roots");

    @TempDir
    Path directory;

    private Path file;
    private Path fragments;

    record Config(String name, List<String> inputs, List<String> roots, String quota) {
        static Config of(Section section) {
            String name = section.requiredString("name", "whose");
            Section wal = section.section("wal", "logs");
            return new Config(
                    name,
                    section.sections("inputs", "what").stream()
                            .map(input -> input.requiredString("path", "where"))
                            .toList(),
                    wal.strings("roots", "where"),
                    wal.string("quota", "1", "how much"));
        }
    }

    @BeforeEach
    void directories() throws IOException {
        file = directory.resolve("f.yaml");
        fragments = Files.createDirectory(directory.resolve("conf.d"));
        Files.writeString(file, "name: a\nwal: {quota: 7, roots: [r0]}\ninputs:\n  - {path: p0}\n");
    }

    private Config read() throws ConfigException {
        return ConfigFile.read(file, "conf.d", LISTS, Config::of);
    }

    private List<String> problems() {
        try {
            read();
            return List.of();
        } catch (ConfigException e) {
            return e.getMessage()
                    .lines()
                    .map(line -> line.replace(directory + "/", ""))
                    .toList();
        }
    }

    private void fragment(String name, String yaml) throws IOException {
        Files.writeString(fragments.resolve(name), yaml);
    }

    @Test
    void itemsFollowThoseOfTheFileInTheOrderOfNames() throws Exception {
        fragment("20-b.yaml", "inputs: [{path: p3}]\nwal:\n  roots: [r2]\n");
        fragment("10-a.yaml", "inputs:\n  - {path: p1}\n  - {path: p2}\n");
        fragment("00-first.yaml", "wal: {roots: [r1]}\n");
        assertThat(read()).isEqualTo(new Config("a", List.of("p0", "p1", "p2", "p3"), List.of("r0", "r1", "r2"), "7"));
    }

    @Test
    void listsThatTheFileDoesNotHaveMayBegin() throws Exception {
        Files.writeString(file, "name: a\n");
        fragment("a.yaml", "wal: {roots: [r1]}\ninputs: [{path: p1}]\n");
        fragment("b.yaml", "wal: {roots: [r2]}\n");
        assertThat(read()).isEqualTo(new Config("a", List.of("p1"), List.of("r1", "r2"), "1"));
    }

    @Test
    void otherAndHiddenFilesAreLeftAlone() throws Exception {
        fragment("a.yaml.bak", "inputs: 7");
        fragment("README", "not YAML: [");
        fragment(".hidden.yaml", "inputs: 7");
        assertThat(read().inputs()).containsExactly("p0");
        assertThat(ConfigFile.fragments(file, "conf.d")).isEmpty();
    }

    @Test
    void noDirectoryIsNoFragments() throws Exception {
        Files.delete(fragments);
        assertThat(read().inputs()).containsExactly("p0");
        Files.createFile(fragments);
        assertThat(problems())
                .containsExactly("conf.d:1:1 is not a directory; expected a directory of at most 1000 YAML files");
    }

    static Stream<Arguments> wrong() {
        String only = "; expected items of inputs, wal.roots and nothing else";
        return Stream.of(
                arguments("name: b", "conf.d/x.yaml:1:1 name: set twice, first in f.yaml:1" + only),
                arguments("name: a", "conf.d/x.yaml:1:1 name: set twice, first in f.yaml:1" + only),
                arguments("wal: {quota: 8}", "conf.d/x.yaml:1:7 wal.quota: set twice, first in f.yaml:2" + only),
                arguments(
                        "wal: {force: 8}",
                        "conf.d/x.yaml:1:7 wal.force: cannot be set in a file beside the configuration" + only),
                arguments(
                        "\ninput: []",
                        "conf.d/x.yaml:2:1 input: cannot be set in a file beside the configuration;"
                                + " did you mean 'inputs'?" + only),
                arguments("inputs: 7", "conf.d/x.yaml:1:9 inputs: is a single value; expected a list"),
                arguments("wal: 7", "conf.d/x.yaml:1:6 wal: is a single value; expected a mapping of keys"),
                arguments("inputs: [{}]", "conf.d/x.yaml:1:10 inputs[1].path: is missing; expected text"),
                arguments(
                        "inputs: [{path: a, pth: b}]",
                        "conf.d/x.yaml:1:20 inputs[1].pth: unknown key; did you mean 'path'?; expected one of path"),
                arguments(
                        "inputs: []\ninputs: []",
                        "conf.d/x.yaml:2:1 inputs: given twice, first on line 1; expected each key once"),
                arguments("wal: {roots: [[a]]}", "conf.d/x.yaml:1:15 wal.roots[]: is a list; expected text"),
                arguments("", "conf.d/x.yaml:1:1 the file is empty; expected a mapping of keys"),
                arguments(
                        "inputs: &a []",
                        "conf.d/x.yaml:1:9 anchors and aliases are not taken; expected the value written out"),
                arguments("inputs: []\n---\n{}", "conf.d/x.yaml:2:1 a second document begins; expected one document"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void namesFragmentLineColumnAndKey(String yaml, String expected) throws IOException {
        fragment("x.yaml", yaml);
        assertThat(problems()).containsExactly(expected);
    }

    @Test
    void everyProblemOfEveryFileIsSaidAtOnceInTheOrderTheyAreRead() throws Exception {
        Files.writeString(file, "nam: a\ninputs: 3\n");
        fragment("b.yaml", "inputs: [{}]\nname: x\n");
        fragment("a.yaml", "inputs: [\n");
        fragment("c.yaml", "wal: {quota: 1}\ninputs: [{path: []}]\n");
        fragment("d.yaml", "wal: {quota: 2}\n");
        assertThat(problems())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("f.yaml:1:1 name: is missing"),
                        line -> assertThat(line).startsWith("f.yaml:1:1 nam: unknown key"),
                        line -> assertThat(line).startsWith("f.yaml:2:9 inputs: is a single value"),
                        line -> assertThat(line).startsWith("conf.d/a.yaml:2:1 "),
                        line -> assertThat(line).startsWith("conf.d/b.yaml:1:10 inputs[0].path: is missing"),
                        line -> assertThat(line).startsWith("conf.d/b.yaml:2:1 name: cannot be set"),
                        line -> assertThat(line).startsWith("conf.d/c.yaml:1:7 wal.quota: cannot be set"),
                        line -> assertThat(line).startsWith("conf.d/c.yaml:2:17 inputs[1].path: is a list"),
                        line -> assertThat(line).startsWith("conf.d/d.yaml:1:7 wal.quota: cannot be set"));
    }

    @Test
    void fragmentsAreCheckedBesideAFileThatIsNoYaml() throws Exception {
        Files.writeString(file, "name: [\n");
        fragment("a.yaml", "inputs: [{pat: x}]\n");
        assertThat(problems())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("f.yaml:2:1 "),
                        line -> assertThat(line).startsWith("conf.d/a.yaml:1:10 inputs[0].path: is missing"),
                        line -> assertThat(line).startsWith("conf.d/a.yaml:1:11 inputs[0].pat: unknown key"));
    }

    @Test
    void aFragmentThatCannotBeReadIsSaid() throws Exception {
        Files.createSymbolicLink(fragments.resolve("gone.yaml"), directory.resolve("nowhere"));
        Files.createDirectory(fragments.resolve("dir.yaml"));
        assertThat(problems())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("conf.d/dir.yaml:1:1 cannot be read"),
                        line -> assertThat(line).startsWith("conf.d/gone.yaml:1:1 no such file"));
    }

    @Test
    void moreFilesThanAnybodyWritesAreRefused() throws Exception {
        for (int i = 0; i <= Fragments.MAX_FILES; i++) {
            Files.createFile(fragments.resolve(i + ".yaml"));
        }
        assertThat(problems())
                .containsExactly("conf.d:1:1 holds 1001 files; expected a directory of at most 1000 YAML files");
    }
}
