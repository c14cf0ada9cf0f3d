using System.Reflection;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>What a message is made of, as reflection sees it.</summary>
static class Members
{
    static readonly NullabilityInfoContext Nullability = new();

    /// <summary>
    /// True for the project's own records and record structs, whose members are looked at one by one.
    /// </summary>
    public static bool IsComposite(Type type) =>
        !type.IsEnum
        && type.Namespace?.StartsWith("ConveyorActors.", StringComparison.Ordinal) == true
        && type != typeof(Buffers.Flow.BackpressureSignal);

    /// <summary>What can be given to an object when it is made: what is set, and what a constructor takes.</summary>
    public static IEnumerable<PropertyInfo> Given(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p =>
                p.SetMethod is not null
                || type.GetConstructors()
                    .Any(c =>
                        c.GetParameters().Any(a => string.Equals(a.Name, p.Name, StringComparison.OrdinalIgnoreCase))
                    )
            );

    /// <summary>True when null is a value the member may have.</summary>
    public static bool IsNullable(PropertyInfo property) =>
        !property.PropertyType.IsValueType
            // Of a generic member reflection cannot tell; a buffered record always has its record.
            ? Nullability.Create(property).WriteState == NullabilityState.Nullable
                && property.PropertyType != typeof(ConveyorRecord)
            : Nullable.GetUnderlyingType(property.PropertyType) is not null;

    /// <summary>A copy with one member changed; null when the member refuses the value.</summary>
    public static object? With(object owner, PropertyInfo property, object? value)
    {
        var copy = owner.GetType().IsValueType
            ? System.Runtime.CompilerServices.RuntimeHelpers.GetObjectValue(owner)
            : owner.GetType().GetMethod("<Clone>$")!.Invoke(owner, null);
        try
        {
            property.SetValue(copy, value);
            return copy;
        }
        catch (TargetInvocationException refused) when (refused.InnerException is ArgumentException)
        {
            return null;
        }
    }
}
