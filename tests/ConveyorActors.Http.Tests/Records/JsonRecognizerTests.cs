using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Http.Records;

namespace ConveyorActors.Http.Tests.Records;

/// <summary>The fast check of JSON agrees with System.Text.Json.</summary>
public sealed class JsonRecognizerTests
{
    static readonly string[] Pieces =
    [
        .. "{}[]:,\"\\ \t\r\n\u0000\u001f\u007f0123456789-+.eEu".Select(c => c.ToString()),
        "true",
        "false",
        "null",
        "tru",
        "\"\"",
        "\"name\":",
        "\"a text of more than thirty-two bytes, so that it is read in parts\"",
        "\"\\u00e4\"",
        "\"\\ud800\"",
        "\"\\n\\\"\\/\"",
        "\\x",
        "ü",
        "\"日本語の文字列は三バイトの文字からなり、長い文字列でもよい\"",
        "-0.5e+10",
        "01",
        "[1, 2]",
        "{\"a\":[{}]}",
    ];

    [Fact]
    public void It_recognizes_what_the_reader_accepts_and_nothing_else()
    {
        var seed = Thoroughness.Seed("CONVEYOR_JSON_SEED");
        var random = new Random(seed);
        var valid = 0;
        for (var round = 0; round < Thoroughness.Count("CONVEYOR_JSON_ROUNDS", 50_000, 2_000_000); round++)
        {
            var json = Encoding.UTF8.GetBytes(random.Next(3) == 0 ? Pile(random) : Value(random, 0));
            if (random.Next(3) == 0 && json.Length > 0)
                json[random.Next(json.Length)] = (byte)random.Next(256);

            var isValid = CanRead(json);
            Assert.True(
                JsonRecognizer.IsValid(json) == isValid,
                $"seed {seed}, round {round}: {Convert.ToHexString(json)}"
            );
            valid += isValid ? 1 : 0;
        }
        Assert.NotEqual(0, valid);
    }

    [Theory]
    [InlineData(JsonRecognizer.MaxDepth)]
    [InlineData(JsonRecognizer.MaxDepth + 1)]
    public void It_recognizes_as_many_nested_arrays_and_objects_as_the_reader_accepts(int depth)
    {
        foreach (var (begin, end) in new[] { ("[", "]"), ("{\"a\":", "}") })
        {
            var json = Encoding.UTF8.GetBytes(
                string.Concat(Enumerable.Repeat(begin, depth)) + "1" + string.Concat(Enumerable.Repeat(end, depth))
            );

            Assert.Equal(depth <= JsonRecognizer.MaxDepth, JsonRecognizer.IsValid(json));
            Assert.Equal(CanRead(json), JsonRecognizer.IsValid(json));
        }
    }

    [Fact]
    public void A_string_may_end_at_any_distance_from_the_end_of_the_bytes()
    {
        for (var length = 0; length < 100; length++)
        {
            for (var after = 0; after < 40; after++)
            {
                var json = Encoding.UTF8.GetBytes($"[\"{new string('x', length)}\",{new string(' ', after)}1]");
                Assert.True(JsonRecognizer.IsValid(json));
                foreach (var wrong in new byte[] { 0, 0x1f, (byte)'"', (byte)'\\', 0x80, 0xff })
                {
                    if (length == 0)
                        continue;
                    var at = 2 + (length * 7 + after) % length;
                    var broken = json.ToArray();
                    broken[at] = wrong;
                    Assert.Equal(CanRead(broken), JsonRecognizer.IsValid(broken));
                }
            }
        }
    }

    static bool CanRead(byte[] json)
    {
        if (!Utf8.IsValid(json))
            return false;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static string Pile(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    static string Value(Random random, int depth) =>
        random.Next(depth > 4 ? 4 : 6) switch
        {
            0 => random
                .NextDouble()
                .ToString(random.Next(2) == 0 ? "R" : "E4", System.Globalization.CultureInfo.InvariantCulture),
            1 => Text(random),
            2 => ((string[])["true", "false", "null", "0", "-1"])[random.Next(5)],
            3 => random.NextInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
            4 =>
                $"[{Blank(random)}{string.Join($",{Blank(random)}", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1)))}]",
            _ =>
                $"{{{Blank(random)}{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => $"{Text(random)}{Blank(random)}:{Value(random, depth + 1)}{Blank(random)}"))}}}",
        };

    static string Text(Random random) =>
        "\""
        + string.Concat(
            Enumerable
                .Range(0, random.Next(8))
                .Select(_ =>
                    ((string[])["\\\"", "\\\\", "]", "ü", "\\u00e4", "日本", new string('a', random.Next(40)), ":"])[
                        random.Next(8)
                    ]
                )
        )
        + "\"";

    static string Blank(Random random) => ((string[])["", "", " ", "\t", "\r\n  "])[random.Next(5)];
}
