using System.Text;
using ConveyorActors.Pipelines.Sinks;

namespace ConveyorActors.Pipelines.Tests.Sinks;

public sealed class SinkOutputTests
{
    [Fact]
    public async Task Lines_of_any_length_are_written_with_their_ends()
    {
        using var file = new Disk(long.MaxValue);
        using var output = new SinkOutput(file, canCut: true);
        var lines = new[] { "", "a", new('b', 131_072), new('c', 131_071), new('d', 131_070), new('e', 500_000), "f" };

        await output.WriteAsync(Records(lines));

        Assert.Equal(string.Concat(lines.Select(l => l + "\n")), Encoding.UTF8.GetString(file.ToArray()));
    }

    [Fact]
    public async Task The_bytes_of_an_unfinished_write_are_removed()
    {
        using var file = new Disk(500_000);
        using var output = new SinkOutput(file, canCut: true);
        await output.WriteAsync(Records("first", "second"));

        await Assert.ThrowsAsync<IOException>(async () =>
            await output.WriteAsync(Records([.. Enumerable.Repeat(new string('x', 1000), 1000)]))
        );

        Assert.Equal("first\nsecond\n", Encoding.UTF8.GetString(file.ToArray()));
    }

    static ConveyorRecord[] Records(params string[] lines) =>
        [.. lines.Select(line => new ConveyorRecord("", Encoding.UTF8.GetBytes(line)))];

    /// <summary>A file on a disk that is soon full.</summary>
    sealed class Disk(long size) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var fits = (int)Math.Min(buffer.Length, size - Length);
            Write(buffer.Span[..fits]);
            return fits == buffer.Length
                ? default
                : ValueTask.FromException(new IOException("No space left on device : 'disk'"));
        }
    }
}
