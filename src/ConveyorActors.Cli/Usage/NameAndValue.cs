namespace ConveyorActors.Cli.Usage;

/// <summary>A flag's NAME=VALUE, split at the first equals sign.</summary>
static class NameAndValue
{
    public static bool TryRead(string text, out (string Name, string Value) parts)
    {
        var cut = text.IndexOf('=');
        parts = cut < 0 ? default : (text[..cut], text[(cut + 1)..]);
        return cut > 0 && cut < text.Length - 1;
    }
}
