using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers;

/// <summary>Validates the names of pipelines, stages and sources.</summary>
public static class Names
{
    /// <summary>Validates a name: 1 to 200 characters, none of them a control character.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What the name identifies, for the message.</param>
    /// <returns>The name.</returns>
    /// <exception cref="ArgumentException">The name is not valid; the message contains the reason.</exception>
    public static string Validate([NotNull] string? name, [CallerArgumentExpression(nameof(name))] string what = "")
    {
        if (IsValid(name))
            return name;
        var shown =
            name is null ? "null"
            : name.Length == 0 ? "empty"
            : name.Length > 200 ? $"{name.Length} characters long"
            : DescribeControl(name);
        throw new ArgumentException(
            $"{what} is {shown}; it must be a name of 1 to 200 characters without control characters.",
            what
        );
    }

    /// <summary>Returns whether a name is valid.</summary>
    internal static bool IsValid([NotNullWhen(true)] string? name) =>
        name is { Length: >= 1 and <= 200 } && !HasControl(name);

    static string DescribeControl(string name)
    {
        var readable = string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
        return $"'{readable}' with the control character U+{(int)name.First(char.IsControl):X4}";
    }

    // Every call of the manager runs this code, so it uses no enumerator and no delegate.
    static bool HasControl(string name)
    {
        foreach (var c in name)
            if (char.IsControl(c))
                return true;
        return false;
    }
}
