using System.Text;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Usage;

public class RawArgumentsTests
{
    [Theory]
    [InlineData("run\0--source\0a\0")]
    [InlineData("run\0--source\0ä\ufffd€😀\0")]
    [InlineData("")]
    public void Arguments_in_UTF8_are_passed_unchanged(string line) =>
        Assert.Null(RawArguments.Validate(Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData("'b\\xFF\\xFEd'", 0x62, 0xFF, 0xFE, 0x64)]
    [InlineData("'\\xE4'", 0xE4)]
    [InlineData("'ä\\xC3'", 0xC3, 0xA4, 0xC3)]
    [InlineData("'\\xE2\\x82?'", 0xE2, 0x82, 0x0A)]
    public void An_argument_that_is_not_UTF8_is_named_with_its_bytes(string shown, params int[] bytes)
    {
        var why = RawArguments.Validate([.. "--sink"u8, 0, .. bytes.Select(b => (byte)b), 0]);

        Assert.StartsWith(
            $"the argument {shown} is not valid UTF-8; it must be UTF-8. A file with such a name can be given through a link",
            why,
            StringComparison.Ordinal
        );
    }
}
