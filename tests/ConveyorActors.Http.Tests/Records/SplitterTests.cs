using System.Runtime.InteropServices;
using System.Text;
using ConveyorActors.Http.Records;

namespace ConveyorActors.Http.Tests.Records;

/// <summary>Bodies cut into their records, whatever pieces they come in.</summary>
public sealed class SplitterTests
{
    [Fact]
    public void Items_do_not_depend_on_how_a_body_is_split()
    {
        var seed = Thoroughness.Seed("CONVEYOR_HTTP_SEED");
        var random = new Random(seed);
        for (var round = 0; round < Thoroughness.Count("CONVEYOR_HTTP_ROUNDS", 2_000, 50_000); round++)
        {
            var items = Enumerable.Range(0, random.Next(6)).Select(_ => Item(random, 0)).ToArray();
            var isArray = random.Next(2) == 0;
            var body = Encoding.UTF8.GetBytes(
                isArray
                    ? $" [{Blank(random)}{string.Join($"{Blank(random)},{Blank(random)}", items)}{Blank(random)}] "
                    : string.Join('\n', items) + (items.Length > 0 && random.Next(2) == 0 ? "\n" : "")
            );

            var read = Read(isArray ? new ArraySplitter() : new LineSplitter(), body, random)
                .Select(i => i.Trim())
                .ToArray();

            Assert.True(items.SequenceEqual(read), $"seed {seed}, round {round}: {Encoding.UTF8.GetString(body)}");
        }
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("  1", 1)]
    [InlineData("1    ", 1)]
    public void A_small_record_next_to_a_large_item_keeps_no_large_array(string small, int length)
    {
        var splitter = new LineSplitter();
        var parser = new RecordParser(true, false, null, null, 1 << 20);
        var bytes = new ReceivedBytes();
        var body = Encoding.UTF8.GetBytes($"{new string(' ', 500_000)}\n{small}\n\"{new string('x', 5_000)}\"\n2\n");
        var kept = new List<ReadOnlyMemory<byte>>();
        for (var at = 0; at < body.Length; )
        {
            at += bytes.Fill(body.AsSpan(at));
            while (splitter.TryTake(bytes, isEnd: false, out var item))
                if (parser.Parse(bytes, item, splitter.Number) is { } record)
                    kept.Add(record.Payload);
        }

        Assert.Equal([length, 5_002, 1], kept.Select(k => k.Length));
        Assert.All(
            kept,
            k =>
            {
                Assert.True(MemoryMarshal.TryGetArray(k, out var array));
                Assert.InRange(array.Array!.Length, k.Length, ReceivedBytes.BlockBytes);
            }
        );
    }

    /// <summary>Reads a body as a connection would give it: each time some more bytes.</summary>
    static List<string> Read(ItemSplitter splitter, byte[] body, Random random)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        var bytes = new ReceivedBytes(random.Next(2) == 0 ? random.Next(1, 64) : ReceivedBytes.BlockBytes);
        for (var at = 0; at < body.Length; )
        {
            if (random.Next(8) == 0)
                bytes.UseSmallBlocks();
            at += bytes.Fill(body.AsSpan(at, Math.Min(body.Length - at, random.Next(1, 9))));
            TakeAll(isEnd: false);
        }
        TakeAll(isEnd: true);
        return [.. items.Select(i => Encoding.UTF8.GetString(i.Span))];

        void TakeAll(bool isEnd)
        {
            while (splitter.TryTake(bytes, isEnd, out var item))
                items.Add(item);
        }
    }

    static string Item(Random random, int depth) =>
        random.Next(depth > 3 ? 3 : 6) switch
        {
            0 => random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture),
            1 => "\""
                + string.Concat(
                    Enumerable
                        .Range(0, random.Next(5))
                        .Select(_ => ((string[])["\\\"", "\\\\", "]", "}", ",", "[", "ü", "\\u00e4"])[random.Next(8)])
                )
                + "\"",
            2 => "true",
            3 => $"[{string.Join(", ", Enumerable.Range(0, random.Next(3)).Select(_ => Item(random, depth + 1)))}]",
            _ =>
                $"{{{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(i => $"\"{i}\" : {Item(random, depth + 1)}"))}}}",
        };

    static string Blank(Random random) => new(' ', random.Next(2));
}
