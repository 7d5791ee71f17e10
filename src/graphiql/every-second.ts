// Renders a component again each second, for what counts.
import { useEffect, useState } from 'react';

export function useEverySecond(): void {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => again((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}
