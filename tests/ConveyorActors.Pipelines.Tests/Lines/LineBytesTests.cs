using System.Runtime.InteropServices;
using System.Text;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Tests.Lines;

public sealed class LineBytesTests
{
    [Fact]
    public void Copies_are_not_changed_by_later_copies()
    {
        var bytes = new LineBytes();
        var lines = Enumerable.Range(0, 5_000).Select(i => new string((char)('a' + i % 26), i * 7 % 4_000)).ToArray();

        var copies = lines.Select(l => bytes.Copy(Encoding.ASCII.GetBytes(l))).ToArray();

        Assert.Equal(lines, copies.Select(c => Encoding.ASCII.GetString(c.Span)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 70)]
    [InlineData(100, 20)]
    public void A_few_copies_keep_little_more_than_their_bytes_in_memory(int lines, int length)
    {
        var bytes = new LineBytes();

        var kept = Enumerable.Range(0, lines).Select(_ => bytes.Copy(new byte[length])).Select(GetArray).Distinct();

        Assert.InRange(kept.Sum(a => a.Length), lines * length, 64 + 3 * lines * length);
    }

    [Fact]
    public void One_copy_among_many_that_are_dropped_keeps_a_small_array_in_memory()
    {
        var bytes = new LineBytes(LineBytes.SmallBlockSize);

        var kept = Enumerable.Range(0, 2_000).Select(i => bytes.Copy(new byte[1 + i % 100])).Select(GetArray).ToArray();

        Assert.InRange(kept.Max(a => a.Length), 1, 256);
    }

    static byte[] GetArray(ReadOnlyMemory<byte> copy) =>
        MemoryMarshal.TryGetArray(copy, out var array) ? array.Array! : [];
}
