using System.IO.Compression;
using System.Text;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Tests.Files;

public sealed class GzipReadingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Consecutive_gzip_members_followed_by_zeros_are_read_to_the_end(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            using MemoryStream file = new(),
                plain = new();
            for (var members = random.Next(1, 6); members > 0; members--)
            {
                var bytes = Bytes(random);
                plain.Write(bytes);
                file.Write(
                    random.Next(3) == 0
                        ? GzipNames.CompressMember(bytes).Span
                        : Member(bytes, (CompressionLevel)random.Next(4))
                );
            }
            file.Write(new byte[random.Next(2) * random.Next(100_000)]);

            var (found, failure) = Read(new Dribble(file.ToArray(), random), random.Next(1, 100_000));

            Assert.Null(failure);
            Assert.True(
                plain.ToArray().AsSpan().SequenceEqual(found),
                $"round {round}: {plain.Length} bytes are {found.Length}"
            );
        }
    }

    [Fact]
    public void Every_truncated_file_fails_after_its_complete_data()
    {
        byte[] first = Member("first\n"u8, CompressionLevel.Optimal),
            none = GzipNames.CompressMember([]).ToArray(),
            second = Member(Encoding.ASCII.GetBytes(new string('s', 300)), CompressionLevel.NoCompression);
        byte[] all = [.. first, .. none, .. second];
        var plain = Read(new MemoryStream(all), 100).Found;
        int[] whole = [first.Length, first.Length + none.Length, all.Length];

        for (var length = 0; length <= all.Length; length++)
        {
            var (found, failure) = Read(new MemoryStream(all[..length]), 100);

            Assert.True(plain.AsSpan().StartsWith(found));
            Assert.True(length < first.Length || found.Length >= 6);
            if (whole.Contains(length))
                Assert.Null(failure);
            else
                Assert.True(failure is { IsCutShort: true }, $"{length} bytes: {failure?.Message}");
        }
    }

    [Fact]
    public void A_changed_byte_fails_or_changes_nothing()
    {
        byte[] all =
        [
            .. Member("some text, some text\n"u8, CompressionLevel.Optimal),
            .. Member("and more\n"u8, CompressionLevel.NoCompression),
        ];
        var plain = Read(new MemoryStream(all), 100).Found;

        for (var place = 0; place < all.Length; place++)
        for (var bit = 0; bit < 8; bit++)
        {
            byte[] changed = [.. all];
            changed[place] ^= (byte)(1 << bit);

            var (found, failure) = Read(new MemoryStream(changed), 100);

            Assert.True(failure is not null || plain.AsSpan().SequenceEqual(found), $"bit {bit} of byte {place}");
        }
    }

    [Theory]
    [InlineData("plain text\n")]
    [InlineData("\u001f")]
    [InlineData("x")]
    [InlineData("\0\0\0x")]
    [InlineData("\0\u001f")]
    public void Data_other_than_a_member_or_zeros_after_the_last_member_fails(string garbage)
    {
        var (found, failure) = Read(
            new MemoryStream([.. Member("text\n"u8, CompressionLevel.Optimal), .. Encoding.Latin1.GetBytes(garbage)]),
            100
        );

        Assert.Equal("text\n", Encoding.ASCII.GetString(found));
        Assert.NotNull(failure);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain text\n")]
    [InlineData("\0\0\0\0")]
    public void Data_that_is_not_in_gzip_format_fails(string text)
    {
        var (found, failure) = Read(new MemoryStream(Encoding.ASCII.GetBytes(text)), 100);

        Assert.Empty(found);
        Assert.NotNull(failure);
    }

    [Fact]
    public void A_header_may_have_the_maximum_length()
    {
        var member = Member("text\n"u8, CompressionLevel.Optimal);
        byte[] rich =
        [
            .. member[..3],
            1 | 2 | 4 | 8 | 16,
            .. member[4..10],
            3,
            0,
            9,
            0,
            9,
            .. "name\0"u8,
            .. "a comment\0"u8,
            1,
            2,
            .. member[10..],
        ];

        var (found, failure) = Read(new MemoryStream([.. rich, .. rich]), 100);

        Assert.Equal(("text\ntext\n", null), (Encoding.ASCII.GetString(found), failure?.Message));
    }

    static byte[] Bytes(Random random)
    {
        var bytes = new byte[
            random.Next(4) switch
            {
                0 => 0,
                1 => random.Next(10),
                2 => random.Next(1_000),
                _ => random.Next(200_000),
            }
        ];
        if (random.Next(2) == 0)
            random.NextBytes(bytes);
        else
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = (byte)random.Next(random.Next(1, 5));
        return bytes;
    }

    static byte[] Member(ReadOnlySpan<byte> bytes, CompressionLevel level)
    {
        if (bytes.Length == 0)
            return GzipNames.CompressMember([]).ToArray();
        using var member = new MemoryStream();
        using (var gzip = new GZipStream(member, level, leaveOpen: true))
            gzip.Write(bytes);
        return member.ToArray();
    }

    static (byte[] Found, GzipException? Failure) Read(Stream compressed, int size)
    {
        using var reading = new GzipReading(compressed);
        using var found = new MemoryStream();
        var buffer = new byte[size];
        try
        {
            while (reading.Read(buffer, 0, buffer.Length) is > 0 and var count)
                found.Write(buffer, 0, count);
            return (found.ToArray(), null);
        }
        catch (GzipException e)
        {
            return (found.ToArray(), e);
        }
    }

    /// <summary>Bytes that come in pieces, as through a pipe.</summary>
    sealed class Dribble(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, random.Next(1, 20_000)));
    }
}
