using System.Text;
using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Tests.Commands;

public sealed class CommandRemarksTests
{
    [Fact]
    public void A_text_is_kept_once_for_each_stage_with_its_count()
    {
        var remarks = new CommandRemarks();

        remarks.Add("a", Said("warning\nother\nwarning\n"));
        remarks.Add("b", Said("warning"));
        remarks.Add("a", Said("\n  \nwarning\r\n"));

        Assert.Equal(
            [("a", "other", 1L), ("a", "warning", 3L), ("b", "warning", 1L)],
            remarks.All.Select(r => (r.Stage, r.Text, r.Count)).Order()
        );
    }

    [Fact]
    public void A_command_without_error_output_leaves_no_remark()
    {
        var remarks = new CommandRemarks();
        remarks.Add("a", Said(""));
        remarks.Add("a", Said("\n\n \t\n"));
        Assert.Empty(remarks.All);
    }

    [Fact]
    public void Texts_beyond_the_bound_are_counted_and_not_kept()
    {
        var remarks = new CommandRemarks();

        for (var i = 0; i < 1_000; i++)
            remarks.Add("a", Said(string.Concat(Enumerable.Range(0, 30).Select(n => $"{i}-{n}\n"))));

        Assert.Equal(ErrorLines.MaxTexts + 1, remarks.All.Count);
        Assert.Equal(30_000, remarks.All.Sum(r => r.Count));
        Assert.Equal(30_000 - ErrorLines.MaxTexts, remarks.All.Single(r => r.Text.Length == 0).Count);
    }

    [Theory]
    [InlineData("\u001b[31mred\u0007", "?[31mred?")]
    [InlineData("a\tb\0c", "a b?c")]
    [InlineData("\u202egnp.exe", "?gnp.exe")]
    [InlineData("zwölf", "zwölf")]
    public void Terminal_control_sequences_are_made_printable(string said, string shown)
    {
        var remarks = new CommandRemarks();
        remarks.Add("a", Said(said));
        Assert.Equal(shown, Assert.Single(remarks.All).Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void A_long_line_is_cut_however_it_arrives(int atOnce)
    {
        var said = new ErrorLines();
        var bytes = Encoding.ASCII.GetBytes(new string('x', 5_000) + "\nend");
        for (var i = 0; i < bytes.Length; i += atOnce)
            said.Add(bytes.AsSpan(i, Math.Min(atOnce, bytes.Length - i)));

        Assert.Equal([new string('x', ErrorLines.MaxBytes) + "...", "end"], said.Take().Texts.Select(t => t.Key));
    }

    static ErrorLines Said(string text)
    {
        var said = new ErrorLines();
        said.Add(Encoding.UTF8.GetBytes(text));
        return said;
    }
}
