using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers;

static class Names
{
    /// <summary>Pipelines, stages and sources have names of 1 to 200 characters without control characters.</summary>
    public static string Checked(string? name, [CallerArgumentExpression(nameof(name))] string what = "")
    {
        if (name is { Length: >= 1 and <= 200 } && !name.Any(char.IsControl)) return name;
        var shown = name is null ? "null" : name.Length == 0 ? "empty" : name.Length > 200 ? $"{name.Length} characters long" : "a name with control characters";
        throw new ArgumentException($"{what} is {shown}; it must be a name of 1 to 200 characters without control characters.", what);
    }
}
