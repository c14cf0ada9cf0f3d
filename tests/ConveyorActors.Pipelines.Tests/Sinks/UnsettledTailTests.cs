using System.Text;
using ConveyorActors.Pipelines.Sinks;

namespace ConveyorActors.Pipelines.Tests.Sinks;

/// <summary>What a killed run had written and not settled, told from what somebody else wrote.</summary>
public sealed class UnsettledTailTests : IDisposable
{
    readonly TempDirectory temp = new();

    [Theory]
    [InlineData("", true)]
    [InlineData("one\n", true)]
    [InlineData("two\none\n", true)]
    [InlineData("one\ntwo\none\nthr", true)]
    [InlineData("one\ntw", true)]
    [InlineData("one\n\0\0\0\0", true)]
    [InlineData("one\ntw\0\0", true)]
    [InlineData("\0\0\0", true)]
    [InlineData("one\none\none\n", false)]
    [InlineData("mine\n", false)]
    [InlineData("one\nmine", false)]
    [InlineData("one\nmine\ntwo\n", false)]
    [InlineData("one\n\0\0two\n", false)]
    [InlineData("\n", false)]
    [InlineData("one\ntwo\none\nthree\nthree\n", false)]
    public async Task Only_records_that_wait_for_the_sink_belong_to_the_run(string tail, bool isOurs)
    {
        using var file = File.OpenHandle(temp.File("out", "settled\n" + tail));
        var waiting = new[] { "one", "two", "one", "three" }.Select(w =>
            (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(w)
        );

        Assert.Equal(isOurs, await UnsettledTail.IsOursAsync(file, "settled\n".Length, () => waiting, most: 4));
    }

    [Fact]
    public async Task A_file_with_more_lines_than_could_be_unsettled_has_lines_of_others()
    {
        using var file = File.OpenHandle(temp.File("out", "x\nx\nx\n"));

        Assert.False(
            await UnsettledTail.IsOursAsync(
                file,
                0,
                () => Enumerable.Repeat((ReadOnlyMemory<byte>)"x"u8.ToArray(), 9),
                most: 2
            )
        );
    }

    [Theory]
    [InlineData("12 open /a b", "/a b", 12L, true, null)]
    [InlineData("12 closed:7.1.2:AB /a:b c", "/a:b c", 12L, false, "AB")]
    [InlineData("- open:-:- -", "-", null, true, null)]
    public void A_mark_of_any_version_is_read(string text, string path, long? length, bool isOpen, string? end)
    {
        var mark = SinkMark.Parse(text)!;

        Assert.Equal((path, length, isOpen, end), (mark.Path, mark.Length, mark.IsOpen, mark.End));
        Assert.Equal(mark, SinkMark.Parse(mark.ToString()));
    }

    public void Dispose() => temp.Dispose();
}
