using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.ObjectModel;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests;

/// <summary>Records are compared by value.</summary>
public class ConveyorRecordTests
{
    static ConveyorRecord Make() =>
        new("id", new byte[] { 1, 2, 3 })
        {
            Key = "key",
            EventTime = DateTimeOffset.UnixEpoch,
            Position = new(5, 1),
            Headers = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
        };

    [Fact]
    public void Two_records_of_the_same_bytes_and_headers_are_equal()
    {
        var reordered = Make() with
        {
            Headers = new SortedDictionary<string, string> { ["b"] = "2", ["a"] = "1" },
        };
        Assert.Equal(Make(), reordered);
        Assert.Equal(Make().GetHashCode(), reordered.GetHashCode());
        Assert.Equal(
            new ConveyorRecord("id", new byte[] { 9, 1, 9 }.AsMemory(1, 1)),
            new ConveyorRecord("id", new byte[] { 1 })
        );
        Assert.Equal(new ConveyorRecord("id", default), new ConveyorRecord("id", Array.Empty<byte>()));
    }

    [Fact]
    public void The_size_is_that_of_the_payload_and_of_what_id_key_and_headers_take_beyond_512_bytes()
    {
        var usual = new ConveyorRecord(new string('i', 100), new byte[10])
        {
            Key = new string('k', 91),
            Headers = new Dictionary<string, string> { ["name"] = new string('v', 29) },
        };
        Assert.Equal(10, usual.GetSize()); // 200 + 182 + 64 + 66 bytes
        Assert.Equal(12, (usual with { Id = usual.Id + "i" }).GetSize());
        Assert.Equal(12, (usual with { Key = usual.Key + "k" }).GetSize());
        Assert.Equal(
            10 + 64 + 2 * 5,
            (
                usual with
                {
                    Headers = new SortedDictionary<string, string>(Copy(usual.Headers)) { ["other"] = "" },
                }
            ).GetSize()
        );
        Assert.Equal(11, (usual with { Payload = new byte[11] }).GetSize());
        Assert.Equal(2_000 - 512, new ConveyorRecord(new string('i', 1_000), default).GetSize());

        static Dictionary<string, string> Copy(IReadOnlyDictionary<string, string> headers) => new(headers);
    }

    public static TheoryData<string> ChangeableHeaders => ["dictionary", "sorted", "concurrent", "read-only view"];

    [Theory]
    [MemberData(nameof(ChangeableHeaders))]
    public void Headers_and_size_of_a_record_stay_when_its_dictionary_is_changed_later(string kind)
    {
        var pairs = new Dictionary<string, string> { ["a"] = "1", ["b"] = new('v', 1_000) };
        IDictionary<string, string> changed = kind switch
        {
            "sorted" => new SortedDictionary<string, string>(pairs),
            "concurrent" => new ConcurrentDictionary<string, string>(pairs),
            _ => new Dictionary<string, string>(pairs),
        };
        var record = new ConveyorRecord("", default)
        {
            Headers =
                kind == "read-only view"
                    ? new ReadOnlyDictionary<string, string>(changed)
                    : (IReadOnlyDictionary<string, string>)changed,
        };
        var size = record.GetSize();

        changed.Remove("a");
        changed["b"] = null!;
        changed["c"] = new('v', 1_000);

        Assert.Equal(pairs, record.Headers);
        Assert.Equal(size, record.GetSize());
    }

    [Fact]
    public void A_record_without_headers_has_none_when_its_empty_dictionary_is_filled_later()
    {
        var empty = new Dictionary<string, string>();
        ConveyorRecord[] records = [new("", default) { Headers = empty }, Make() with { Headers = empty }];

        empty["a"] = "1";

        Assert.All(records, r => Assert.Empty(r.Headers));
    }

    [Fact]
    public void Headers_whose_count_is_not_that_of_their_entries_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new ConveyorRecord("", default) { Headers = new ThreeOfOne() }
        );
        Assert.StartsWith("Headers.Count is 3, but the number of entries is 1; they must be equal.", error.Message);
    }

    /// <summary>Says that it has three headers and has one.</summary>
    sealed class ThreeOfOne : IReadOnlyDictionary<string, string>
    {
        public int Count => 3;
        public IEnumerable<string> Keys => ["a"];
        public IEnumerable<string> Values => ["1"];
        public string this[string key] => "1";

        public bool ContainsKey(string key) => key == "a";

        public bool TryGetValue(string key, out string value)
        {
            value = "1";
            return key == "a";
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
        {
            yield return new("a", "1");
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    [Fact]
    public void Headers_that_cannot_change_are_not_copied()
    {
        var frozen = new Dictionary<string, string> { ["a"] = "1" }.ToFrozenDictionary();
        Assert.Same(frozen, new ConveyorRecord("", default) { Headers = frozen }.Headers);
        var copied = Make().Headers;
        Assert.Same(copied, (Make() with { Headers = copied }).Headers);
    }

    public static TheoryData<IReadOnlyDictionary<string, string>> Dictionaries =>
        [
            new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Trace"] = "1" },
            new ConcurrentDictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Trace"] = "1" },
            new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Trace"] = "1" },
            new SortedList<string, string>(StringComparer.OrdinalIgnoreCase) { ["Trace"] = "1" },
        ];

    [Theory]
    [MemberData(nameof(Dictionaries))]
    public void Headers_are_found_as_in_the_dictionary_that_was_given(IReadOnlyDictionary<string, string> headers) =>
        Assert.Equal("1", new ConveyorRecord("", default) { Headers = headers }.Headers["trace"]);

    [Fact]
    public void Records_that_differ_in_any_member_are_not_equal()
    {
        var record = Make();
        ConveyorRecord[] others =
        [
            record with
            {
                Id = "other",
            },
            record with
            {
                Payload = new byte[] { 1, 2, 4 },
            },
            record with
            {
                Payload = new byte[] { 1, 2 },
            },
            record with
            {
                Key = null,
            },
            record with
            {
                EventTime = null,
            },
            record with
            {
                Position = null,
            },
            record with
            {
                Headers = new Dictionary<string, string>(),
            },
            record with
            {
                Headers = new Dictionary<string, string> { ["a"] = "1", ["b"] = "3" },
            },
            record with
            {
                Headers = new Dictionary<string, string> { ["a"] = "1", ["c"] = "2" },
            },
        ];
        Assert.All(others, other => Assert.NotEqual(record, other));
    }

    [Fact]
    public void Leased_batches_are_equal_when_their_records_are()
    {
        static LeasedBatch Lease(int bytes) =>
            new(7, "stage", DateTimeOffset.UnixEpoch, [new(new("id", new byte[bytes]), "source", "pipeline", "stage")]);
        Assert.Equal(Lease(1), Lease(1));
        Assert.Equal(Lease(1).GetHashCode(), Lease(1).GetHashCode());
        Assert.NotEqual(Lease(1), Lease(2));
        Assert.NotEqual(Lease(1), Lease(1) with { Records = [] });
    }

    [Fact]
    public void A_record_refuses_null_in_its_id_and_its_headers()
    {
        (Func<ConveyorRecord> Make, string Message)[] wrong =
        [
            (() => new(null!, default), "Id is null; it must be a string"),
            (() => Make() with { Id = null! }, "Id is null; it must be a string"),
            (() => Make() with { Headers = null! }, "Headers is null; it must be a dictionary"),
            (
                () =>
                    Make() with
                    {
                        Headers = new Dictionary<string, string> { ["b"] = "1", ["a"] = null! },
                    },
                "Headers[\"a\"] is null; it must be a string"
            ),
            (
                () => Make() with { Headers = new SortedDictionary<string, string> { ["a"] = null! } },
                "Headers[\"a\"] is null; it must be a string"
            ),
        ];
        Assert.All(
            wrong,
            w =>
                Assert.StartsWith(
                    w.Message,
                    Assert.ThrowsAny<ArgumentException>(() => w.Make()).Message,
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void A_record_with_a_payload_and_a_position_takes_64_bytes()
    {
        var payload = new byte[1];
        Measured();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Measured();
        Assert.Equal(64, GC.GetAllocatedBytesForCurrentThread() - before);

        ConveyorRecord Measured() =>
            new("", payload)
            {
                Position = new(1, 2),
                Key = null,
                EventTime = null,
            };
    }

    [Fact]
    public void Parts_can_be_set_and_removed_one_by_one()
    {
        var time = DateTimeOffset.UnixEpoch;
        var headers = new Dictionary<string, string> { ["a"] = "1" };
        var record = new ConveyorRecord("id", default) { EventTime = time, Key = "key" };
        record = record with { Headers = headers };
        Assert.Equal((time, "key"), (record.EventTime, record.Key));
        Assert.Equal(headers, record.Headers);
        record = record with { Key = null, EventTime = null, Headers = new Dictionary<string, string>() };
        Assert.Equal(new ConveyorRecord("id", default), record);
        Assert.Null((record with { Position = new(1, 2) } with { Position = null }).Position);
        record = record with { Position = new(1, 2) };
        record = record with { Key = "key", Headers = headers, EventTime = time };
        Assert.Equal(new SourcePosition(1, 2), record.Position);
        record = record with { Position = null };
        Assert.Equal((time, "key"), (record.EventTime, record.Key));
        Assert.Equal(headers, record.Headers);
    }
}
