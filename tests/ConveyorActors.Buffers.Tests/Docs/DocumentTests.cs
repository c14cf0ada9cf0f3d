using System.Reflection;
using System.Text.RegularExpressions;
using Xunit.Sdk;

namespace ConveyorActors.Buffers.Tests.Docs;

/// <summary>
/// The documents cannot drift: their code is the code that runs here, and whatever they point at exists.
/// </summary>
public partial class DocumentTests
{
    internal static readonly string Root = FindRoot();

    static readonly string[] Paths =
    [
        .. Directory
            .GetFiles(Root, "*.md")
            .Concat(Directory.GetFiles(Path.Combine(Root, "docs"), "*.md"))
            .Concat(Directory.GetFiles(Path.Combine(Root, ".github"), "*.md", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Root, path)),
    ];

    public static TheoryData<string> Documents() => [.. Paths];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Code_in_a_document_is_code_that_is_run_by_tests(string document)
    {
        if (document == Path.Combine("docs", "Tutorial.md"))
            return; // its programs are compiled and run from the page itself, by TutorialTests
        var regions = Regions();
        foreach (var block in CodeBlocks(document))
            Assert.True(
                regions.ContainsValue(block),
                $"{document} shows code that is no DOCS region of a test project's Docs folder:\n{block}"
            );
    }

    [Fact]
    public void Code_marked_for_the_documents_is_in_a_document()
    {
        var shown = Paths.SelectMany(CodeBlocks).ToHashSet();
        foreach (var (name, code) in Regions())
            Assert.True(shown.Contains(code), $"no document shows the code of '{name}':\n{code}");
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Files_and_headings_that_a_document_links_to_exist(string document)
    {
        var text = Text(document);
        var folder = Path.GetDirectoryName(Path.Combine(Root, document))!;
        foreach (Match link in Link().Matches(text))
        {
            var target = link.Groups["target"].Value;
            if (target.Contains("://", StringComparison.Ordinal))
                continue;
            var (file, heading) = target.Split('#') is [var f, var h] ? (f, h) : (target, "");
            var path = file == "" ? Path.Combine(Root, document) : Path.GetFullPath(Path.Combine(folder, file));
            Assert.True(
                File.Exists(path) || Directory.Exists(path),
                $"{document} links to {target}, which does not exist"
            );
            if (heading != "")
                Assert.True(
                    Anchors(path).Contains(heading),
                    $"{document} links to {target}, and there is no such heading"
                );
        }

        foreach (Match named in NamedPath().Matches(text))
        {
            if (named.Groups["path"].Value.Contains("/bin/", StringComparison.Ordinal))
                continue; // made by a build, of one configuration
            var path = Path.Combine(Root, named.Groups["path"].Value);
            Assert.True(
                File.Exists(path) || Directory.Exists(path),
                $"{document} names {named.Groups["path"].Value}, which does not exist"
            );
        }
    }

    [Fact]
    public void The_start_page_links_to_every_page()
    {
        const string start = "docs/index.md";
        var linked = Link()
            .Matches(Text(start))
            .Select(link => Path.GetFullPath(Path.Combine(Root, "docs", link.Groups["target"].Value.Split('#')[0])))
            .ToHashSet();
        var missing = Directory
            .GetFiles(Path.Combine(Root, "docs"), "*.md")
            .Where(page => Path.GetRelativePath(Root, page).Replace('\\', '/') != start && !linked.Contains(page))
            .Select(page => Path.GetFileName(page))
            .ToArray();
        Assert.True(missing.Length == 0, $"{start} does not link to {string.Join(", ", missing)}");
        Assert.Contains("](docs/index.md)", Text("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Source_files_that_the_design_walks_through_exist()
    {
        var sources = Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories);
        var named = SourceFile().Matches(Text("docs/Design.md")).Select(m => m.Groups["path"].Value).ToList();
        Assert.NotEmpty(named);
        foreach (var path in named)
            Assert.True(
                sources.Any(s => s.Replace('\\', '/').EndsWith('/' + path, StringComparison.Ordinal)),
                $"docs/Design.md names {path}, which does not exist"
            );
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Tests_that_a_document_names_exist(string document)
    {
        var tests = Tests();
        // Names without a small letter are those of environment variables.
        var missing = TestName()
            .Matches(Text(document))
            .Select(m => m.Groups["name"].Value)
            .Where(name => name.Any(char.IsLower) && !tests.Contains(name))
            .Distinct()
            .ToArray();
        Assert.True(missing.Length == 0, $"{document} names tests that do not exist: {string.Join(", ", missing)}");
    }

    [Fact]
    public void Every_guarantee_names_a_test_or_is_marked_as_not_built_yet()
    {
        var rows = Text("docs/Guarantees.md")
            .Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .ToArray();
        Assert.True(rows.Length > 50);
        foreach (var row in rows)
        {
            if (Header().IsMatch(row))
                continue;
            Assert.True(TestName().IsMatch(row), $"docs/Guarantees.md promises without proof: {row}");
        }
    }

    /// <summary>
    /// Every test there is: of this assembly by reflection, with the contract's, and of the other projects by their
    /// source.
    /// </summary>
    static HashSet<string> Tests()
    {
        var tests = typeof(DocumentTests)
            .Assembly.GetTypes()
            .Where(t => !t.IsAbstract)
            .SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<FactAttribute>() is not null)
            .Select(m => m.Name)
            .ToHashSet();
        var others = new DirectoryInfo(Path.Combine(Root, "tests"))
            .GetDirectories("*.Tests")
            .Where(d => d.Name != "ConveyorActors.Buffers.Tests");
        foreach (var file in others.SelectMany(d => d.EnumerateFiles("*.cs", SearchOption.AllDirectories)))
        foreach (Match test in TestMethod().Matches(File.ReadAllText(file.FullName)))
            tests.Add(test.Groups["name"].Value);
        return tests;
    }

    static Dictionary<string, string> Regions()
    {
        var regions = new Dictionary<string, string>();
        var folders = new DirectoryInfo(Path.Combine(Root, "tests"))
            .GetDirectories("*.Tests")
            .SelectMany(d => d.GetDirectories("Docs"));
        foreach (var file in folders.SelectMany(d => d.GetFiles("*.cs")).Select(f => f.FullName))
        {
            foreach (Match region in Region().Matches(Lines(File.ReadAllText(file))))
                regions.Add(region.Groups["name"].Value, Dedented(region.Groups["code"].Value));
        }

        Assert.NotEmpty(regions);
        return regions;
    }

    static string Dedented(string code)
    {
        var lines = code.Split('\n');
        var indent = lines.Where(l => l.Trim() != "").Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Trim() == "" ? "" : l[indent..])).Trim('\n');
    }

    static IEnumerable<string> CodeBlocks(string document) =>
        Block().Matches(Text(document)).Select(m => m.Groups["code"].Value.Trim('\n'));

    static HashSet<string> Anchors(string path) =>
        [
            .. Heading()
                .Matches(Lines(File.ReadAllText(path)))
                .Select(m =>
                    NotInAnchors().Replace(m.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')
                ),
        ];

    static string Text(string document) => Lines(File.ReadAllText(Path.Combine(Root, document)));

    static string Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                return folder.FullName;
        throw new XunitException("the tests are not run inside the repository");
    }

    [GeneratedRegex("`(?<path>[A-Za-z./]+\\.cs)`")]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(
        @"^ *// DOCS: (?<name>.+?)\n(?<code>.*?)^ *// END$",
        RegexOptions.Multiline | RegexOptions.Singleline
    )]
    private static partial Regex Region();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(
        @"`(?<path>(?:\./)?(?:src|tests|docs|hocon|build\.sh|build\.ps1|README\.md|CHANGELOG\.md)(?:/[\w./-]+)?)[^`]*`"
    )]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"`(?<name>[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\b(?:Task|void) (?<name>[A-Z]\w*)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"^\| *(?:Promise|Defect of|Seed|-)")]
    private static partial Regex Header();
}
