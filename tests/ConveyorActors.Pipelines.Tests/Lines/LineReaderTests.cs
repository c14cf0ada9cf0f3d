using System.Text;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Tests.Lines;

public sealed class LineReaderTests
{
    [Fact]
    public async Task Lines_end_at_newlines_and_keep_every_other_byte() =>
        Assert.Equal(["a", "", "b\r", "\0\u0001c"], await TextsOf("a\n\nb\r\n\0\u0001c\n"));

    [Fact]
    public async Task A_last_line_needs_no_newline() => Assert.Equal(["a", "b"], await TextsOf("a\nb"));

    [Fact]
    public async Task An_empty_stream_has_no_lines() => Assert.Empty(await TextsOf(""));

    [Fact]
    public async Task With_NUL_terminated_records_a_newline_is_an_ordinary_byte() =>
        Assert.Equal(
            ["a\nb", "", "c\r\n"],
            (await LinesOf(new MemoryStream("a\nb\0\0c\r\n"u8.ToArray()), 100, LineReader.Null)).Select(l =>
                Encoding.Latin1.GetString(l.Bytes)
            )
        );

    [Theory]
    [InlineData("a\nbc", "bc", 2)]
    [InlineData("bc", "bc", 0)]
    [InlineData("a\nlonger than the limit", "longer than the limit", 2)]
    public async Task An_incomplete_last_line_can_be_left_in_the_stream(string text, string left, long offset)
    {
        foreach (var atOnce in new[] { 1, 100 })
        {
            using var reader = new LineReader(new Trickle(Encoding.ASCII.GetBytes(text), atOnce), 5);
            var untaken = 0L;
            bool more;
            do
            {
                more = await reader.FillAsync(CancellationToken.None);
                while (reader.TryRead(out var line))
                    untaken = line.HasEnd ? 0 : reader.UnreadLine();
            } while (more);

            Assert.Equal(left.Length, untaken);
            Assert.Equal(new SourcePosition(offset, offset > 0 ? 1 : 0), reader.Position);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Lines_do_not_depend_on_how_the_bytes_arrive(int atOnce)
    {
        var random = new Random(1);
        var bytes = new byte[20_000];
        random.NextBytes(bytes);
        for (var i = 0; i < bytes.Length; i += 1 + random.Next(300))
            bytes[i] = (byte)'\n';
        var expected = Split(bytes);

        var lines = await LinesOf(new Trickle(bytes, atOnce), int.MaxValue);

        Assert.Equal(expected, lines.Select(l => Convert.ToHexString(l.Bytes)));
    }

    [Fact]
    public async Task A_line_of_the_maximum_length_is_accepted_and_one_byte_more_is_too_long()
    {
        var lines = await LinesOf(new MemoryStream(Encoding.ASCII.GetBytes("12345\n123456\n1\n")), 5);

        Assert.Equal([("12345", 1, false), ("12345", 2, true), ("1", 3, false)], lines.Select(Shown));
    }

    [Theory]
    [InlineData("123456")]
    [InlineData("123456\n")]
    [InlineData("123456789012345678901234567890")]
    public async Task A_last_line_may_be_too_long(string text)
    {
        foreach (var atOnce in new[] { 1, 7, 100 })
            Assert.Equal(
                [("12345", 1, true)],
                (await LinesOf(new Trickle(Encoding.ASCII.GetBytes(text), atOnce), 5)).Select(Shown)
            );
    }

    [Fact]
    public async Task A_line_of_many_mebibytes_is_skipped_in_little_memory()
    {
        var stream = new Repeat((byte)'x', 300L << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();

        // The stream never waits, so all of it runs on this thread, and what other tests allocate does not count.
        var reading = LinesOf(stream, 1 << 20);

        Assert.True(reading.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16L << 20);
        Assert.True(Assert.Single(await reading).IsTooLong);
    }

    [Fact]
    public async Task A_read_that_blocks_can_be_abandoned()
    {
        using var cancel = new CancellationTokenSource();
        using var reader = new LineReader(new Blocked(), 100);
        var read = reader.FillAsync(cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    static (string, long, bool) Shown((byte[] Bytes, long Number, bool IsTooLong) line) =>
        (Encoding.ASCII.GetString(line.Bytes), line.Number, line.IsTooLong);

    static async Task<IEnumerable<string>> TextsOf(string text) =>
        (await LinesOf(new MemoryStream(Encoding.Latin1.GetBytes(text)), 100)).Select(l =>
            Encoding.Latin1.GetString(l.Bytes)
        );

    static async Task<List<(byte[] Bytes, long Number, bool IsTooLong)>> LinesOf(
        Stream stream,
        int maxLine,
        byte lineEnd = LineReader.Newline
    )
    {
        using var reader = new LineReader(stream, maxLine, lineEnd);
        List<(byte[], long, bool)> lines = [];
        bool more;
        do
        {
            more = await reader.FillAsync(CancellationToken.None);
            while (reader.TryRead(out var line))
                lines.Add((line.Bytes.ToArray(), line.Number, line.IsTooLong));
        } while (more);
        return lines;
    }

    static IEnumerable<string> Split(byte[] bytes)
    {
        var start = 0;
        while (start < bytes.Length)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            if (end < 0)
                end = bytes.Length;
            yield return Convert.ToHexString(bytes, start, end - start);
            start = end + 1;
        }
    }

    abstract class Source : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    sealed class Trickle(byte[] bytes, int atOnce) : Source
    {
        int at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(atOnce, buffer.Length), bytes.Length - at);
            bytes.AsMemory(at, count).CopyTo(buffer);
            at += count;
            return new(count);
        }
    }

    sealed class Repeat(byte value, long left) : Source
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(buffer.Length, left);
            buffer.Span[..count].Fill(value);
            left -= count;
            return new(count);
        }
    }

    sealed class Blocked : Source
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(new TaskCompletionSource<int>().Task);
    }
}
