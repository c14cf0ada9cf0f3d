using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests.Wire;

public sealed class RecordPropertyTests(WireSystem wire, ITestOutputHelper output) : IClassFixture<WireSystem>
{
    // The parts that text is hard to carry in: whole pairs, halves of pairs, and the very characters that stand for
    // halves on the wire.
    static readonly string[] Scraps =
    [
        "a",
        "é",
        "漢",
        "🚚",
        "\0",
        "\uD83D",
        "\uDE9A",
        "\uD800",
        "\uDFFF",
        "\uDBFF",
        "\uDBFF\uDFFF",
        "\uE000",
        "\uE7FF",
        "\uE800",
        "\uFFFD",
        "\uFFFF",
        "e\u0301",
    ];

    [Fact]
    public void Random_records_are_unchanged_after_a_round_trip()
    {
        var random = new Random(Seeds.Next(output));
        for (var round = 0; round < 3_000; round++)
        {
            var records = Enumerable.Range(0, random.Next(8)).Select(_ => RandomRecord(random)).ToArray();
            var target = new BufferTarget("p", "s", "a");
            Check(new EnqueueBatch(target, records, random.Next(2) == 0));
            Check(new BufferBatchForStage(RandomText(random), RandomText(random), RandomText(random), records));
            Check(
                new Leased(
                    new LeasedBatch(
                        random.NextInt64(),
                        RandomText(random),
                        RandomMoment(random),
                        [
                            .. records.Select(r => new BufferedRecord<ConveyorRecord>(
                                r,
                                RandomText(random),
                                RandomText(random),
                                RandomText(random),
                                RandomMoment(random),
                                random.Next(),
                                random.NextInt64(long.MinValue, long.MaxValue)
                            )),
                        ]
                    )
                )
            );
        }
        void Check(IConveyorMessage message) => Same.Check(message, wire.RoundTrip(message));
    }

    [Fact]
    public void Any_text_is_unchanged_after_a_round_trip()
    {
        var random = new Random(Seeds.Next(output));
        for (var round = 0; round < 100_000; round++)
        {
            var text = RandomText(random);
            Assert.Equal(text, ((Failed)wire.RoundTrip(new Failed(Problem.Argument, text))).Message);
        }
    }

    [Fact]
    public void Valid_text_is_plain_UTF_8_on_the_wire()
    {
        var bytes = wire.Serializer.ToBinary(new Failed(Problem.Argument, "straße 漢 🚚"));
        Assert.Contains("straße 漢 🚚", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_kind_of_dictionary_can_hold_the_headers()
    {
        var plain = new Dictionary<string, string> { ["a"] = "1", ["B"] = "2" };
        IReadOnlyDictionary<string, string>[] kinds =
        [
            plain,
            plain.ToImmutableDictionary(),
            plain.ToImmutableSortedDictionary(),
            plain.ToFrozenDictionary(),
            new SortedDictionary<string, string>(plain),
        ];
        foreach (var headers in kinds)
        {
            var back = (Enqueue)
                wire.RoundTrip(
                    new Enqueue(new BufferTarget("p", "s", "a"), new ConveyorRecord("1", default) { Headers = headers })
                );
            Assert.Equal(plain, back.Record.Headers.ToDictionary());
        }
    }

    [Fact]
    public void Values_that_were_read_share_no_memory_with_their_bytes()
    {
        var bytes = wire.Serializer.ToBinary(
            new Enqueue(new BufferTarget("p", "s", "a"), new ConveyorRecord("1", new byte[] { 7, 7, 7, 7 }))
        );
        var back = (Enqueue)wire.Serializer.FromBinary(bytes, "enqueue");
        Array.Clear(bytes);
        Assert.Equal([7, 7, 7, 7], back.Record.Payload.ToArray());
    }

    [Fact]
    public void Written_bytes_share_no_memory_with_the_payload()
    {
        var payload = new byte[] { 7, 7, 7, 7 };
        var bytes = wire.Serializer.ToBinary(
            new Enqueue(new BufferTarget("p", "s", "a"), new ConveyorRecord("1", payload))
        );
        Array.Clear(payload);
        Assert.Equal([7, 7, 7, 7], ((Enqueue)wire.Serializer.FromBinary(bytes, "enqueue")).Record.Payload.ToArray());
    }

    static ConveyorRecord RandomRecord(Random random)
    {
        var bytes = new byte[random.Next(4) == 0 ? 0 : random.Next(300)];
        random.NextBytes(bytes);
        var start = random.Next(bytes.Length + 1);
        var record = new ConveyorRecord(
            RandomText(random),
            bytes.AsMemory(start, random.Next(bytes.Length - start + 1))
        )
        {
            Key = random.Next(3) switch
            {
                0 => null,
                1 => "",
                _ => RandomText(random),
            },
            EventTime = random.Next(3) == 0 ? null : RandomMoment(random),
        };
        if (random.Next(2) == 0)
            return record;
        var headers = new Dictionary<string, string>();
        for (var i = random.Next(5); i > 0; i--)
            headers[RandomText(random)] = RandomText(random);
        return record with { Headers = headers };
    }

    static string RandomText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => Scraps[random.Next(Scraps.Length)]));

    static DateTimeOffset RandomMoment(Random random)
    {
        var offset = TimeSpan.FromMinutes(random.Next(-840, 841));
        var ticks = random.Next(6) switch
        {
            0 => 0,
            1 => DateTime.MaxValue.Ticks,
            _ => random.NextInt64(DateTime.MaxValue.Ticks),
        };
        // A local time so near to an end of the calendar that its moment would lie outside it goes there with no
        // offset.
        return ticks - offset.Ticks < 0 || ticks - offset.Ticks > DateTime.MaxValue.Ticks
            ? new(ticks, TimeSpan.Zero)
            : new(ticks, offset);
    }
}
