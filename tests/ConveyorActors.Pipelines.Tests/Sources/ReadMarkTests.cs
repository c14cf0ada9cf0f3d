using System.Text;
using ConveyorActors.Pipelines.Sources;

namespace ConveyorActors.Pipelines.Tests.Sources;

public sealed class ReadMarkTests : IDisposable
{
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(10_000)]
    public void A_mark_is_valid_for_a_file_that_grew_and_not_for_one_with_changed_bytes(int offset)
    {
        var path = temp.File("a", Encoding.ASCII.GetBytes(new string('x', 10_000)));
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var mark = ReadMark.Parse(ReadMark.Read(file.SafeFileHandle, offset).ToString())!;

        file.Position = file.Length;
        file.Write("more"u8);
        Assert.True(mark.Matches(file.SafeFileHandle));

        if (offset == 0)
            return;
        file.Position = offset - 1;
        file.Write("y"u8);
        Assert.False(mark.Matches(file.SafeFileHandle));

        file.SetLength(offset - 1);
        Assert.False(mark.Matches(file.SafeFileHandle));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ReadMark.None)]
    [InlineData("1 2 AB")]
    [InlineData("-5 0 AB")]
    [InlineData("99999 9999 AB")]
    public void An_invalid_mark_is_ignored(string? text) => Assert.Null(ReadMark.Parse(text));
}
