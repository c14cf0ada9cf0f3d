using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// What is wrong with a field, in one sentence that names it. <see cref="ConveyorSerializer"/> puts the message's
/// manifest in front.
/// </summary>
static class Field
{
    /// <summary>A part that must be there.</summary>
    /// <param name="value">The part.</param>
    /// <param name="field">Where it was read from; the compiler's to say.</param>
    [return: NotNull]
    public static T Required<T>([NotNull] this T? value, [CallerArgumentExpression(nameof(value))] string field = "")
        where T : class => value ?? throw Missing(field);

    /// <summary>The field is not there, or is null.</summary>
    public static SerializationException Missing(string field) => new($"{NameOf(field)} is missing.");

    /// <summary>The field has a value that it cannot have.</summary>
    public static SerializationException Wrong(string field, object value, string right) =>
        new($"{NameOf(field)} is {value}; it must be {right}.");

    /// <summary>"proto.Result.Status" is Result.Status to whoever reads the message.</summary>
    static string NameOf(string expression) => expression[(expression.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
