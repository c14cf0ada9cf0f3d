using ConveyorActors.Buffers.Stores.Format;

namespace ConveyorActors.Buffers.Tests.Stores.Format;

/// <summary>
/// What data directories and journals write of records and dead letters, and what they do with bytes that are damaged.
/// </summary>
public sealed class CodecTests
{
    static readonly ConveyorRecord Full = new("id \uD800", new byte[] { 0, 1, 0xFE })
    {
        Key = "",
        EventTime = new(2031, 5, 17, 13, 14, 15, TimeSpan.FromMinutes(330)),
        Position = new(1_000, -10),
        Headers = new Dictionary<string, string>
        {
            ["straße"] = "ß 漢 🚚",
            ["half"] = "cut \uD83D",
            ["mark"] = "\uDBFF\uDFFF",
        },
    };

    public static TheoryData<DateTimeOffset> Times =>
        new(
            DateTimeOffset.MinValue,
            DateTimeOffset.MaxValue,
            DateTimeOffset.UnixEpoch,
            new(DateTime.MinValue.AddHours(14), TimeSpan.FromHours(14)),
            new(DateTime.MaxValue.AddHours(-14), TimeSpan.FromHours(-14)),
            new(2024, 2, 29, 23, 59, 59, 999, TimeSpan.FromMinutes(-1))
        );

    [Fact]
    public void A_record_is_unchanged_after_a_round_trip()
    {
        foreach (
            var record in (ConveyorRecord[])
                [Full, new("", default), Full with { Headers = new Dictionary<string, string>(), EventTime = null }]
        )
            Assert.Equal(record, Read(Write(record)));
    }

    [Theory]
    [MemberData(nameof(Times))]
    public void An_event_time_keeps_its_offset(DateTimeOffset time)
    {
        var read = Read(Write(Full with { EventTime = time })).EventTime!.Value;
        Assert.True(time.EqualsExact(read), $"{time:O} came back as {read:O}");
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(long.MaxValue, 0)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(0, -1)]
    [InlineData(3_155_378_975_999_999_999, 1)]
    [InlineData(3_155_378_976_000_000_000, 0)]
    [InlineData(638_000_000_000_000_000, 841)]
    [InlineData(638_000_000_000_000_000, -841)]
    [InlineData(638_000_000_000_000_000, long.MinValue)]
    public void An_impossible_event_time_is_damage(long utcTicks, long minutes)
    {
        var to = new ByteWriter();
        to.WriteByte(8);
        to.WriteSigned(utcTicks);
        to.WriteSigned(minutes);
        to.WriteBlob([]);
        Assert.Throws<InvalidDataException>(() => Read(to.ToArray()));
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-62_135_596_800_001)]
    [InlineData(253_402_300_800_000)]
    public void An_impossible_time_in_milliseconds_is_damage(long milliseconds)
    {
        var to = new ByteWriter();
        to.WriteSigned(milliseconds);
        Assert.Throws<InvalidDataException>(() => new ByteReader(to.Written).ReadTime());
    }

    [Theory]
    [InlineData(new byte[] { 2 })]
    [InlineData(new byte[] { 3, 1, 1 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 })]
    public void A_count_that_exceeds_the_remaining_bytes_is_refused(byte[] bytes)
    {
        Assert.Throws<InvalidDataException>(() => new ByteReader(bytes).ReadCount());
        Assert.Throws<InvalidDataException>(() => new ByteReader(bytes).ReadText());
        Assert.Throws<InvalidDataException>(() =>
        {
            new ByteReader(bytes).ReadBlob();
        });
    }

    [Fact]
    public void Damaged_records_and_dead_letters_are_refused_as_damage()
    {
        var random = new Random(11);
        var to = new ByteWriter();
        DeadLetterCodec.Write(
            to,
            new(
                new(Full, "nginx", "p", "parse", DateTimeOffset.UnixEpoch.AddYears(60), 1, 2),
                LossReason.Rejected,
                "not JSON",
                DateTimeOffset.MaxValue
            )
        );
        var whole = to.ToArray();
        for (var i = 0; i < 5_000; i++)
        {
            var damaged = whole.ToArray();
            if (i % 3 == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            else
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            if (i % 5 == 0 && damaged.Length > 0)
                random.NextBytes(damaged.AsSpan(random.Next(damaged.Length)));
            try
            {
                var from = new ByteReader(damaged);
                _ = DeadLetterCodec.Read(ref from, "p", "parse", "nginx");
            }
            catch (InvalidDataException)
            {
                // Every other exception fails the test.
            }
        }
    }

    [Fact]
    public void Every_reason_of_a_loss_has_a_distinct_number_on_disk()
    {
        var codes = Enum.GetValues<LossReason>().Select(LossCodes.GetCode).ToArray();
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.All(Enum.GetValues<LossReason>(), r => Assert.Equal(r, LossCodes.GetReason(LossCodes.GetCode(r))));
        foreach (var unknown in (long[])[-1, LossCodes.Count, long.MaxValue])
            Assert.Throws<InvalidDataException>(() => LossCodes.GetReason(unknown));
    }

    static byte[] Write(ConveyorRecord record)
    {
        var to = new ByteWriter();
        RecordCodec.Write(to, record);
        return to.ToArray();
    }

    static ConveyorRecord Read(byte[] bytes)
    {
        var from = new ByteReader(bytes);
        return RecordCodec.Read(ref from);
    }
}
