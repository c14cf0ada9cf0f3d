using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Creates the exceptions for wrong fields, with one sentence that names the field. <see cref="ConveyorSerializer"/>
/// prepends the message's manifest.
/// </summary>
static class Field
{
    /// <summary>Returns a required part, or throws if it is missing.</summary>
    /// <param name="value">The part.</param>
    /// <param name="field">The expression that the part was read from; supplied by the compiler.</param>
    [return: NotNull]
    public static T Require<T>([NotNull] this T? value, [CallerArgumentExpression(nameof(value))] string field = "")
        where T : class => value ?? throw CreateMissingError(field);

    /// <summary>Returns the exception for a field that is missing or null.</summary>
    public static SerializationException CreateMissingError(string field) => new($"{GetName(field)} is missing.");

    /// <summary>Returns the exception for a field with a value that is not allowed.</summary>
    public static SerializationException CreateWrongError(string field, object value, string right) =>
        new($"{GetName(field)} is {value}; it must be {right}.");

    /// <summary>Returns the name of a field without the variable: "proto.Result.Status" is Result.Status.</summary>
    static string GetName(string expression) => expression[(expression.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
