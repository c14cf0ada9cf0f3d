namespace ConveyorActors.Hosting.Options;

/// <summary>Marks a duration that may be <see cref="Timeout.InfiniteTimeSpan"/>, in the configuration <c>infinite</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class CanBeInfiniteAttribute : Attribute;
